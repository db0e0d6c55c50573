"""`python -m headgate.retraining`: the program of image `retraining-receiver`."""

from headgate.retraining.server import main

if __name__ == "__main__":
    main()
