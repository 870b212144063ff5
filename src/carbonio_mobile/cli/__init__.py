"""The command line of the administrator: ``carbonio`` and ``carbonio-mobile``.

It knows the declarations of ``admin`` and the admin socket, and nothing else of the daemon.
"""
