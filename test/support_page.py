"""A page that holdfast writes, for the tests of the verbs that write one."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """A page whose elements are closed in order and that refers to nothing outside."""

    def __init__(self, text):
        super().__init__()
        self.open, self.count, self.text = [], {}, ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        for name, value in attrs:
            assert name not in ("src", "href") and "//" not in (value or ""), (tag, name, value)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.getpos())
        self.open.pop()

    def handle_data(self, data):
        self.text += data
