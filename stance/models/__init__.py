"""The model, the folder it is kept in, what a folder holds, and why a label was given."""
