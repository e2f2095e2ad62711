"""The officers' side: the register of what came in, entering letters, exports, exemptions."""
