-- a regular expression for one character that makes a line of its own, is not seen, or turns what follows around
E'[\\u0001-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]'
