"""What a person uses: the TUI, the REPL, one-shot mode, the command line and the loop behind them."""
