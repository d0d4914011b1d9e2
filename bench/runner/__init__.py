"""The parts of bench/run: which servers, which scenarios, on which machine, and the table."""
