"""Two accounts of one person become one: looked at before, said twice, and done by a job."""
