"""Those who answer the commands, one module a subject.

Each is a class that is given the interfaces that it needs, and gives ``responders()``: by the full
name of a command, the coroutine function that answers it.
"""
