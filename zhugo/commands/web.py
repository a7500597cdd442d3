"""`zhugo web`: a board in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.shared.encryption import CertificateFile, Insecure, Keys, PrivateKeyFile, encryption, one_token
from zhugo.shared.options import EXPERT, DaemonOptions, takes_daemon


@takes_daemon
def web(
    games: Annotated[
        list[Path] | None, typer.Argument(help="SGF files to open, and folders of games to choose from.")
    ] = None,
    *,
    game: Annotated[str, typer.Option(help="go, or a game of OpenSpiel, as for zhugo play.")] = "go",
    host: Annotated[
        str, typer.Option(help="Serve at this address; 0.0.0.0: other machines may come, who know the token.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="... and port.", show_default="8361, or the next free one")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="ZHUGO_TOKEN", help="What its address must name.", show_default="a random one")
    ] = None,
    compare: Annotated[
        list[Path] | None, typer.Option(metavar="NET", help="Another net, to compare its reviews with.")
    ] = None,
    human_net: Annotated[
        Path | None,
        typer.Option(
            help="A net of KataGo's that imitates people: play against people of any rank to 9d.", show_default="none"
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page, if this is a terminal.")] = True,
    home: Annotated[
        Path | None,
        typer.Option(help="Keep games and analyses here.", show_default="the user's data", rich_help_panel=EXPERT),
    ] = None,
    keys: Keys = None,
    certificate: CertificateFile = None,
    private_key: PrivateKeyFile = None,
    insecure: Insecure = False,
    daemon: DaemonOptions,
) -> None:
    """Open a board in the browser: play, review and explore, on this machine or from another one.

    Games of Go are kept on disk, and what was found out of their positions too. With --game any other game that zhugo
    play knows is played and analysed, dots and boxes on a board of its own.
    """
    import secrets
    import sys
    import webbrowser
    from importlib.metadata import version

    from nets.facts import check
    from zhugo.shared.errors import UserError
    from zhugo.web.server.run import Given, GivenGame, Place, serving, serving_game

    def tell(text: str) -> None:
        print(f"zhugo: {text}", file=sys.stderr, flush=True)

    named = games or []
    if missing := [path for path in named if not path.exists()]:
        raise UserError(f"{missing[0]}: there is no such file or folder")
    for net in compare or []:
        check(net)
    if token is not None and not token:
        raise UserError("--token: an empty one lets nobody in")
    encrypted = encryption(host, certificate, private_key, insecure)
    place = Place(host, port, one_token(host, token, keys, secrets.token_urlsafe(16)), keys, encrypted)
    if game == "go":
        given = Given(
            games=[path for path in named if not path.is_dir()],
            folders=[path for path in named if path.is_dir()],
            nets={path.name: path for path in compare or []},
            human_net=human_net,
            home=home,
            version=version("zhugo"),
            complain=tell,
        )
        served = serving(daemon, given, place)
    else:
        of_go = {"games to open": games, "--compare": compare, "--human-net": human_net, "--home": home}
        if foreign := [what for what, value in of_go.items() if value]:
            raise UserError(f"{', '.join(foreign)}: for go alone, not for {game}")
        from games.openspiel.game import OpenSpielGame
        from zhugo.shared.evaluation import evaluating

        played = OpenSpielGame(game)
        options, ignorant = evaluating(played.own_features, daemon)
        served = serving_game(options, GivenGame(played, ignorant, version("zhugo"), tell), place)
    with served as (addresses, wait):
        for address in addresses:
            print(f"The board is at {address}", flush=True)
        if place.token is None:
            print("It is opened with ?token= and the token of a key behind that.", flush=True)
        print("Ctrl-C ends it.", flush=True)
        if browser and sys.stdout.isatty():
            webbrowser.open(addresses[0])
        wait()
