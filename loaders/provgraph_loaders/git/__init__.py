"""Reading a Git repository without checking anything out: its places, objects, trees and history.

Nothing of the repository is run (no hook, no filter, no configured program), configuration is read without its
includes, nothing is written, and nothing is fetched. What is read is bounded in size, however it is packed.

Modules that need dulwich (`objects`, `trees`, `history`, `repository`) are imported when a repository is opened.
"""
