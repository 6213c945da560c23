"""The ReAct loop, the sessions it appends to, and the chat that every interface drives."""
