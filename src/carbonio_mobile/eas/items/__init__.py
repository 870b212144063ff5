"""One module per item class: items of a mailbox to ActiveSync properties and back."""
