"""A page as somebody reads it who clicks on every number."""

from html.parser import HTMLParser


class Links(HTMLParser):
    """The links of a page with their words, and all its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.text, self.open = "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.open = dict(attrs).get("href", "")
            self.found.append((self.open, ""))

    def handle_endtag(self, tag):
        if tag == "a":
            self.open = ""

    def handle_data(self, data):
        self.text += data
        if self.open:
            self.found[-1] = (self.open, self.found[-1][1] + data)


def opened(client, address: str) -> Links:
    answer = client.get(address)
    assert answer.status_code == 200
    return Links(answer.content.decode())
