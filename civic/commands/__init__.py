"""The commands of `civic`, one module each with `run(args) -> exit status`; imported only when asked for."""
