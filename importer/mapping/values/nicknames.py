"""First names and what their bearers are called: enough of them to see that Bob and Robert may be one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

_GROUPS: Final = """
abigail abby gail; albert al bert bertie; alexander alex sasha xander alec alejandro; alexandra alex sandra sasha lexi; alfred alf alfie fred;
amanda mandy; andrew andy drew; andreas andi; angela angie; ann anna anne annie hannah; anthony tony antonio toni; arthur art artie;
barbara barb babs barbie; benjamin ben benny benji; bernard bernie bernhard; bradley brad; catherine katherine kathryn cathy kathy kate katie kat kitty catalina;
charles charlie chuck carlos karl; charlotte lottie charlie; christian chris; christina christine chris tina chrissy; christopher chris kit topher christoph;
clifford cliff; cynthia cindy; daniel dan danny daniele; david dave davey; deborah debra deb debbie; dennis denny; dominic dom nick; donald don donny;
dorothy dot dottie dolly; douglas doug; edward ed eddie ted teddy ned eduardo; eleanor ellie nell nora; elizabeth elisabeth liz lizzie beth betty betsy eliza lisa elsa;
emily em emmy; eric rick; eugene gene; evelyn eve evie; florence flo; frances fran francie; francis frank francisco franz paco; franklin frank; frederick fred freddie fritz;
gabriel gabe; gabrielle gabby; george jorge georg; gerald gerry jerry; geoffrey jeffrey geoff jeff; gregory greg gregg; guillermo memo; harold harry hal; heinrich heinz; helen nell;
henry hank harry enrique; hubert hugh bert; isabella isabel bella izzy; jacob jake jakob; jacqueline jackie; james jim jimmy jamie diego; jan johannes; janet jan; jason jay;
jennifer jen jenny; jessica jess jessie; joan joanie; joanna jo joanne; johann hans johannes; john jack johnny jon juan; jonathan jon jonny nathan; joseph joe joey jose josef pepe sepp;
josephine jo josie; joshua josh; judith judy; julia julie; karen kari; katharina kathi kati; kenneth ken kenny; kimberly kim; kristina kris tina; larry lawrence laurence lars;
leonard len lenny leo; lillian lily; louis lou louie luis ludwig; louise lou; lucille lucy; madeline maddie; magdalena lena; margaret maggie meg peggy margie greta rita margarita margarete;
maria marie mary mia maja molly; marjorie marge; martha marty; martin marty; matthew matt matty mateo matthias; megan meg; melissa mel missy; michael mike mick mickey michi miguel;
michelle shelly; mitchell mitch; nathaniel nathan nate; natalie nat; nicholas nick nicky nicolas klaus niko; nicole nikki; norman norm; oliver ollie; olivia liv livvy; pamela pam;
patricia pat patty trish tricia; patrick pat paddy; paul pablo paolo; penelope penny; peter pete pedro piotr; philip phillip phil felipe; phyllis phil; rachel rae; rafael raphael rafa; raymond ray;
rebecca becky becca; richard rick ricky rich dick ricardo; robert bob bobby rob robbie bert roberto; roberta bobbie; roger rodge; ronald ron ronny; rosemary rose rosie; roy leroy;
russell russ; samantha sam; samuel sam sammy; sarah sara sally; sebastian seb basti; sharon shari; sophia sophie; stanley stan; stephanie steph; stephen steven steve stefan esteban;
stewart stuart stu; susan sue suzie susanna susanne suzanne; sylvia silvia syl; teresa theresa terry tess; theodore theo ted teddy; thomas tom tommy tomas; timothy tim timmy;
tobias toby tobi; ulrich uli; ursula ulla; valerie val; veronica ronnie; victor vic vick; victoria vicky tori; vincent vince vinny; virginia ginny; walter walt wally; wendy gwendolyn gwen;
wilhelm willi; wilhelmina mina; william bill billy will willy liam; zachary zach zack
"""


def _by_name() -> Mapping[str, frozenset[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, group in enumerate(_GROUPS.split(";")):
        for name in group.split():
            found[name].add(number)
    return {name: frozenset(groups) for name, groups in found.items()}


_GROUPS_OF: Final = _by_name()


def nickname_groups(first: str) -> frozenset[int]:
    """Number the groups of names that a first name, in lower case and without accents, belongs to."""
    return _GROUPS_OF.get(first, frozenset())


def are_nicknames(one: str, other: str) -> bool:
    """Tell whether two first names may be one person's."""
    return not nickname_groups(one).isdisjoint(nickname_groups(other))
