"""How far a load is, on a terminal or in a log."""

WIDTH = 40  # characters of the bar


class Bar:
    """A progress bar on a terminal; a line each tenth of the way elsewhere."""

    def __init__(self, out):
        self.out, self.live, self.tenth = out, out.isatty(), -1

    def __call__(self, read, size, rows):
        share = read / size if size else 1
        if self.live:
            done = int(share * WIDTH)
            self.out.write(f"\r[{'#' * done}{'.' * (WIDTH - done)}] {share:4.0%} {rows:,} rows")
        elif int(share * 10) > self.tenth:
            self.tenth = int(share * 10)
            self.out.write(f"{share:4.0%} {rows:,} rows\n")
        self.out.flush()

    def close(self):
        if self.live:
            self.out.write("\n")
