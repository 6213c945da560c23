"""The Textual application: screens and widgets that only draw; what they draw comes from a chat.

Invariant: no widget calls the student, the store or a tool, and no foreign text is drawn with markup.
"""
