# ruff: noqa: T201
"""A GTP program that plays the first free point, row by row, and does on demand what programs do wrong.

    python fake_gtp.py --pass-at 3 --dead A5,B4 --score B+3 --crash-at 2

Moves are counted from 1, its own only, and anew in every game.
"""

import argparse
import sys
import time

COLUMNS = "ABCDEFGHJKLMNOPQRST"
COMMANDS = [
    "name", "version", "list_commands", "boardsize", "clear_board", "komi", "play", "genmove", "final_score",
    "final_status_list", "set_free_handicap", "fixed_handicap", "quit",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    for what in ("pass", "crash", "hang", "resign", "illegal", "nonsense", "refuse", "error"):
        parser.add_argument(f"--{what}-at", type=int, default=5 if what == "pass" else 10**6)
    parser.add_argument("--dead")
    parser.add_argument("--score")
    parser.add_argument("--handicap", help="what it answers to fixed_handicap, in place of set_free_handicap")
    parser.add_argument("--largest", type=int, default=19)
    for rules in ("chinese", "japanese"):
        parser.add_argument(f"--{rules}-rules", action="store_true", help="as GNU Go has it; nothing")
    parser.add_argument("--move-time", type=float, default=0.0)
    options = parser.parse_args()
    size, taken, moves, plays = 19, set(), 0, 0
    print("a line of noise")
    for line in sys.stdin:
        words = line.split()
        said, refused = "", False
        match words:
            case ["name"]:
                said = "Fake"
            case ["version"]:
                said = "1"
            case ["list_commands"]:
                known = set(COMMANDS)
                known -= {"final_status_list"} if options.dead is None else set()
                known -= {"final_score"} if options.score is None else set()
                known -= {"fixed_handicap" if options.handicap is None else "set_free_handicap"}
                said = "\n".join(sorted(known))
            case ["boardsize", number]:
                size, refused = int(number), int(number) > options.largest
            case ["clear_board"]:
                taken, moves, plays = set(), 0, 0
            case ["komi", _] | ["kata-time_settings", *_] | ["time_left", *_]:
                pass
            case ["set_free_handicap", *vertices] if options.handicap is None:
                taken |= set(vertices)
            case ["fixed_handicap", _] if options.handicap is not None:
                said = options.handicap.replace(",", " ")
                taken |= set(said.upper().split())
            case ["play", _, vertex]:
                plays += 1
                refused = plays == options.refuse_at
                taken.add(vertex.upper())
            case ["genmove", _]:
                moves += 1
                time.sleep(options.move_time)
                if moves == options.crash_at:
                    print("out of luck", file=sys.stderr)
                    sys.exit(3)
                if moves == options.hang_at:
                    time.sleep(600)
                refused = moves == options.error_at
                free = [f"{c}{r}" for r in range(size, 0, -1) for c in COLUMNS[:size] if f"{c}{r}" not in taken]
                said = "pass" if moves >= options.pass_at else free[0]
                said = "resign" if moves == options.resign_at else said
                said = next(iter(taken)) if moves == options.illegal_at else said
                said = "Z99" if moves == options.nonsense_at else said
                taken.add(said)
            case ["final_status_list", "dead"] if options.dead is not None:
                said = options.dead.replace(",", "\n")
            case ["final_score"] if options.score is not None:
                said = options.score
            case ["quit"]:
                print("=\n", flush=True)
                return
            case _:
                refused = True
        print("? no" if refused else f"= {said}", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
