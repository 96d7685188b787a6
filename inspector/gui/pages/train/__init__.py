"""The Train page: what to train, what runs, what ran."""
