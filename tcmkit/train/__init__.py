"""Training: what a language model learns from the files of the pipe."""
