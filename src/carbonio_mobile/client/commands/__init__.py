"""The commands of carbonio-mobile-client, by what they are for."""
