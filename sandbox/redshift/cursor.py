"""A reader over tokens for the statements that have a grammar of their own."""

from sandbox.redshift.errors import syntax_error
from sandbox.redshift.lexer import Token, tokens
from sandbox.redshift.names import TableName
from sandbox.redshift.reserved import RESERVED


class TokenCursor:
    """Walks the tokens of one statement; every expectation that fails is Redshift's syntax error."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = tokens(sql)
        self._at = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    def peek(self, ahead: int = 0) -> str:
        """The next token in capitals, '' at the end."""
        at = self._at + ahead
        return self._tokens[at].upper if at < len(self._tokens) else ""

    def next(self) -> Token:
        """Takes the next token, whatever it is."""
        if self.done:
            raise syntax_error("end of input")
        self._at += 1
        return self._tokens[self._at - 1]

    def take(self, *words: str) -> bool:
        """Takes these words if all of them come next."""
        if tuple(self.peek(i) for i in range(len(words))) != words:
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Takes these words or refuses the statement."""
        if not self.take(*words):
            raise self.unexpected()

    def name(self) -> str:
        """Takes an identifier, folded to lower case."""
        if self.done or self._tokens[self._at].kind not in ("word", "quoted"):
            raise self.unexpected()
        token = self._tokens[self._at]
        if token.kind == "word" and token.name in RESERVED:
            raise self.unexpected()
        return self.next().name

    def string(self) -> str:
        """Takes a string literal."""
        if self.done or self._tokens[self._at].kind not in ("string", "dollar"):
            raise self.unexpected()
        return self.next().value

    def number(self) -> int:
        """Takes an unsigned integer literal."""
        if self.done or not self._tokens[self._at].text.isdigit():
            raise self.unexpected()
        return int(self.next().text)

    def table(self) -> TableName:
        """Takes `name`, `schema.name` or `database.schema.name`."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return TableName.of(parts)

    def names(self) -> tuple[str, ...]:
        """Takes a parenthesised list of names."""
        self.expect("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.expect(")")
        return tuple(found)

    def balanced(self) -> str:
        """Takes one parenthesised group and returns its inside as text."""
        start = self._tokens[self._at].end if not self.done else 0
        self.expect("(")
        depth = 1
        while depth:
            token = self.next()
            depth += (token.text == "(") - (token.text == ")") if token.kind == "symbol" else 0
        return self.sql[start : self._tokens[self._at - 1].start]

    def text_until(self, *stops: str) -> str:
        """Takes tokens up to one of these words at the same depth of parentheses, or the end."""
        start = self._at
        depth = 0
        while not self.done and not (depth == 0 and self._at > start and self.peek() in stops):
            token = self.next()
            depth += (token.text == "(") - (token.text == ")") if token.kind == "symbol" else 0
            if depth < 0:
                self._at -= 1
                break
        if self._at == start:
            raise self.unexpected()
        return self.sql[self._tokens[start].start : self._tokens[self._at - 1].end]

    def rest(self) -> str:
        """Takes everything that is left, as text."""
        if self.done:
            raise syntax_error("end of input")
        start = self._tokens[self._at].start
        self._at = len(self._tokens)
        return self.sql[start : self._tokens[-1].end]

    def remaining(self) -> tuple[Token, ...]:
        """The tokens that are left, without taking them."""
        return self._tokens[self._at :]

    def end(self) -> None:
        """Refuses the statement if anything is left."""
        if not self.done:
            raise self.unexpected()

    def unexpected(self) -> Exception:
        """The syntax error at the next token."""
        return syntax_error(self._tokens[self._at].text if not self.done else "end of input")
