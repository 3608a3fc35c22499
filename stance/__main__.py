"""The command line, as `python -m stance`."""

from stance.commands.app import main

if __name__ == "__main__":
    main()
