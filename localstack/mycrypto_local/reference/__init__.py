"""The pages below ``docs/reference``, written from the code and the templates, so that they cannot say anything else."""
