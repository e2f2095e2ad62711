"""Chinese legal text as data: a tree of 编章节条款项 with stable anchors, and redlines between two.

Pure functions, without database or framework: `parser.parse`, `tree.LegalText` (anchors, labels,
contents), `order.breaks`, `redline.redline`, `numerals.to_int` and `to_chinese`.
"""
