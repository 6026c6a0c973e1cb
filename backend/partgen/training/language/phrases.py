"""A thesaurus of edits: how people say each operation, as patterns.

In a pattern `^` marks the word that stands for the edit, `(a|b)` is one of several, `[a]` may be left out, `{it}` is what is
edited and `{part}` a part's name; `<role:words>` are words that belong to the edit. Forms: `do` is an order, `be` follows
"make it", `have` follows "give it", `like` is a comparison, `say` stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FORMS = ("do", "be", "have", "like", "say")


@dataclass(frozen=True)
class Sense:
    """One thing that an edit can do: `op`, its `axis` and `direction` where these are said, and how to say it."""

    op: str
    axis: str = ""
    direction: str = ""
    do: str = ""
    be: str = ""
    have: str = ""
    like: str = ""
    say: str = ""
    share: float = 1.0
    forms: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        parted = {name: tuple(one.strip() for one in getattr(self, name).split(";") if one.strip()) for name in FORMS}
        object.__setattr__(self, "forms", parted)


SENSES: tuple[Sense, ...] = (
    Sense(
        "bend",
        do="""^bend {it}; ^curve {it}; ^arch {it}; ^bow {it}; ^crook {it}; ^flex {it}; put a [gentle|slight|nice] ^(bend|curve|bow|arc|kink) (in|into|to) {it}; ^curl {it} [over];
        give {it} a ^(bend|curve|bow|arch|arc); ^hook {it}; ^(bend|curve|curl) {it} (over|round|around|backwards|like an elbow); ^arc {it}; introduce a ^(bend|curve|curvature) (to|into) {it}; turn {it} into an ^arc;
        add (curvature|^curve) to {it}; let {it} ^(bend|curve|sag|droop|bow); make {it} ^(bend|curve|arch|sag|droop|bow|curl|flex|buckle|kink); ^kink {it}; ^deflect {it}; ^warp {it} into (a curve|an arc); ^loop {it} round; ^crank {it};
        form {it} into an ^(arc|arch|elbow|hook); have {it} ^(curve|bend|arch|bow); ^bend {it} like a (bow|banana|hook|hairpin|horseshoe); ^fold {it} over; ^stoop {it}; ^sag {it}; ^bend {it} out of shape; ^flex {it} in the middle; ^buckle {it}""",
        be="""^bent; ^curved; ^arched; ^bowed; ^curvy; ^crooked; ^hooked; ^curled; ^arcing; more ^(curved|bent|arched|bowed|curvy|hooked); ^curvier; ^arc-shaped; ^C-shaped; ^U-shaped; ^banana shaped; ^crescent-shaped; ^bow-shaped; ^hook-shaped;
        ^sagging; ^drooping; ^droopy; ^saggy; less ^straight; not so ^straight; ^kinked; ^swooping; ^curving; ^bending; ^sweeping; ^flexed; ^sickle-shaped; ^horseshoe shaped; ^L-shaped; ^J-shaped; ^elbowed; ^swan-necked; a ^swan neck; ^rainbow-shaped; ^angled like an elbow;
        ^concave; ^arching; ^crescent; ^boomerang-shaped; ^fang-like; ^scimitar-like; ^hunched; ^stooped; ^cambered""",
        have="""a ^(bend|curve|bow|arch|arc|kink|crook|curvature|camber|hook|sweep|sag); a (gentle|soft|graceful|elegant|natural|organic|sweeping|nice|single|smooth|strong|sharp|little) ^(bend|curve|bow|arch|arc|sweep); (some|more|a bit of) ^(curvature|curve|bend|bow|sag);
        a ^(C-shape|U-shape|hook shape|banana shape|crescent shape|arc shape); an ^elbow; a ^bend in the middle; an ^(arched|bent|curved) (shape|form|profile); a ^curved (shape|silhouette|outline)""",
        like="""like a ^(banana|bow|rainbow|bridge|hook|sickle|crescent|horseshoe|boomerang|scythe|claw|scimitar|smile|elbow|arch|cane|fang|tusk|horn|sabre|hammock|willow|shepherd's crook|question mark|candy cane|croissant|half moon|fishing rod with a fish on it|bent knee|bass clef);
        ^banana-like; ^bow-like; ^arch-like; ^hook-like; like an archer's ^bow; like a ^C; like the letter ^(C|U|J|L)""",
        say="""{part} as ^bent as an old tree; ^bend; ^curve; ^(bend|curve) here; too ^straight, (bend|curve) it; {it} is too ^straight; ^(bend|curve|arch) only the (tip|end|top|middle); as if a (weight|load) were ^(bending|sagging) it; the (tip|end|top) should ^(curve|curl|bend|droop|hang) [over|down|up|inwards]; ^bend modifier; simple deform ^bend""",
    ),
    Sense(
        "bend",
        direction="down",
        share=0.2,
        do="""^(bend|curve|curl) {it} (down|downwards|downward); let {it} ^(hang|droop|sag) down; make {it} ^(droop|sag)""",
        be="^(bent|curved|curled) (down|downwards|downward)",
    ),
    Sense(
        "bend",
        direction="up",
        share=0.2,
        do="""^(bend|curve|curl) {it} (up|upwards|upward)""",
        be="^(bent|curved|curled|bowed) (up|upwards|upward)",
    ),
    Sense(
        "bend",
        direction="left",
        share=0.15,
        do="""^(bend|curve|curl) {it} to the left; ^(bend|curve) {it} left""",
        be="^(bent|curved|curled) to the left",
    ),
    Sense(
        "bend",
        direction="right",
        share=0.15,
        do="""^(bend|curve|curl) {it} to the right; ^(bend|curve) {it} right""",
        be="^(bent|curved|curled) to the right",
    ),
    Sense(
        "bend",
        direction="forward",
        share=0.15,
        do="^(bend|curve) {it} (forward|forwards|to the front)",
        be="^(bent|curved) (forward|forwards)",
    ),
    Sense("bend", direction="back", share=0.15, do="^(bend|curve) {it} (back|backwards|to the rear)", be="^(bent|curved) (back|backwards)"),
    Sense(
        "bend", direction="out", share=0.15, do="^(bend|curve|bow) {it} (outward|outwards)", be="^(bent|curved|bowed) (outward|outwards)"
    ),
    Sense("bend", direction="in", share=0.15, do="^(bend|curve|curl) {it} (inward|inwards)", be="^(bent|curved|curled) (inward|inwards)"),
    Sense(
        "twist",
        do="""^twist {it}; ^(wring|screw|spiral|swirl|contort|coil|torque) {it}; ^twist {it} (around its axis|along its length|lengthwise|like a screw|like a rope|like a corkscrew|like a towel|like a candy cane|round and round|up|a few times);
        put a ^twist (in|into|on) {it}; turn the (top|end|tip|other end) against the (bottom|base|start|other end) ^twisting it; ^wring {it} [out] [like a (wet towel|cloth|rag|dishcloth)]; give {it} a ^(twist|spiral|swirl); add (a ^twist|^torsion|some ^twist) [to {it}]; make {it} ^(spiral|twist|swirl|corkscrew);
        ^rotate the top (while the bottom stays|and keep the bottom fixed|against the bottom); turn the upper end relative to the lower [to ^twist it]; ^twist one end; ^twirl {it}; ^wind {it} (around itself|up|like a spring|about its axis); make {it} into a ^(helix|spiral|corkscrew); apply ^torsion to {it}; ^corkscrew {it}; let {it} ^(twist|spiral|wind); turn {it} into a ^(corkscrew|spiral|helix|twist|drill bit)""",
        be="""^twisted; ^twisty; ^spiralled; ^spiraling; ^spiralling; ^helical; ^spiral; ^swirled; ^swirly; ^wrung; ^corkscrewed; ^screwed; ^spiral-shaped; ^helix-shaped; ^corkscrew-shaped; more ^(twisted|spiral|helical|twisty|swirly); ^twistier; ^barley-twist; ^contorted; ^torqued; ^twirled; ^coiled; ^spirally twisted; ^twisted [like] (rope|licorice|wrought iron); ^wrung out; ^winding; ^whorled; ^spun like a screw""",
        have="""a ^(twist|spiral|helix|swirl|whorl|torsion|torque); a (spiral|helical|barley|full|strong|sharp|gentle|soft|decorative|tight|loose) ^(twist|swirl); some ^(twist|torsion|twisting); a ^spiral (form|shape|pattern); a ^(helical|twisted|spiralling) (form|shape|look); ^twists; a couple of ^twists; more ^(twist|torsion)""",
        like="""like a ^(corkscrew|screw|rope|drill|drill bit|spiral|helix|wrung towel|wet towel|candy cane|unicorn horn|narwhal tusk|barley twist|pretzel stick|licorice stick|liquorice stick|DNA strand|fusilli|rotini|twisted rope|towel being wrung|soft serve ice cream|tornado|whirlpool|barber pole|auger|spiral staircase|helter skelter|cord of a phone|propeller);
        ^corkscrew-like; ^screw-like; ^rope-like; ^helix-like""",
        say="""^twist; as if someone had ^(wrung|twisted) it; ^spiral; barley ^twist; ^twist modifier; simple deform ^twist; ^twist only the (end|top|tip)""",
    ),
    Sense(
        "taper",
        do="""^taper {it}; ^taper {it} (to a point|towards the (end|tip|top|bottom)|off|down|at the end|upwards|in at the top); ^point {it}; ^sharpen {it} [to a point|like a pencil|at the (tip|end)]; ^narrow {it} (towards|toward|at|to) the (end|tip|top|bottom|base); make the (end|tip|top|bottom) ^(narrower|thinner|pointed|pointy|slimmer|smaller);
        bring {it} to a ^point; let {it} (end|finish) in a ^(point|tip|spike); give {it} a ^(taper|point|pointed end|pointed tip|sharp tip|conical shape); make {it} ^taper; pinch the (end|tip|top); ^pinch {it} (at|towards) the (end|tip|top); ^whittle {it} (to a point|down to a tip); have {it} ^taper; make {it} come to a ^point; make {it} end in a ^point;
        let {it} get ^(thinner|narrower|slimmer|smaller) (towards|toward) the (end|tip|top|bottom); thin out the ^(end|tip); shrink the (end|tip|top) ^end; ^cone {it}; draw {it} out to a ^point; make {it} more ^cone-like; reduce the ^(end|tip); ^spike {it}; scale down the ^(top|tip|end) only; make only the (top|tip|end) ^(smaller|thinner|narrower)""",
        be="""^tapered; ^tapering; ^pointed; ^pointy; ^conical; ^cone-shaped; ^pointier; ^spiky; ^sharp; ^sharper; ^spiked; ^needle-sharp; ^needle-like; ^pyramidal; ^tapered (to a point|at the end|towards the tip|off); more ^(tapered|pointed|pointy|conical|spiky|tapering); ^pencil-sharp; ^arrow-shaped; ^dagger-like; ^carrot shaped; ^obelisk-shaped; ^spear-like; ^bullet-shaped; ^stake-like;
        ^thorn-like; ^acute; ^peaked; ^(narrower|thinner|slimmer|smaller|narrow) (at the (end|tip|top|bottom)|towards the (end|tip|top|bottom)); less ^blunt; not so ^blunt; ^tapery; ^spire-like; ^sharp at the (tip|end); ^wedge-shaped; ^tip-tilted; ^needle-pointed; ^icicle-like""",
        have="""a ^(taper|point|tip|spike|pointed end|pointed tip|pointy end|pointy top|sharp tip|sharp end|conical shape|narrow end|narrower tip|thinner end|peak); a (slight|strong|gentle|long|sharp) ^(taper|point); a ^tapered (end|tip|shape|profile|form); a ^pointed (end|top|tip); more [of a] ^(taper|point)""",
        like="""like a ^(spike|needle|pencil|carrot|thorn|spear|icicle|dagger|stake|obelisk|cone|spire|ice cream cone|pyramid|church spire|sharpened pencil|witch's hat|party hat|traffic cone|stiletto|fang|claw tip|arrowhead|pin|toothpick|golf tee|parsnip|tooth|wedge|missile|stalagmite|sting|lance|horn tip|turnip|wizard's hat);
        ^cone-like; ^spike-like; ^needle-like""",
        say="""^taper; {it} is too ^blunt; the (tip|end|point) is too ^blunt; {it} should (come|run|taper|go) to a ^point; thick at the (base|bottom), ^thin at the (tip|top|end); wide at the (base|bottom) and ^narrow at the (tip|top); ^taper modifier; simple deform ^taper; {it} should get ^(thinner|narrower|slimmer) (towards|toward) the (end|tip|top); ^sharp tip; ^pointy end; ^pointed top; narrowing ^towards the (top|end|tip)""",
    ),
    Sense(
        "taper",
        direction="down",
        share=0.3,
        be="less ^(pointed|tapered|pointy|conical|sharp|spiky|tapering|cone-shaped); not so ^(pointed|pointy|tapered|conical|spiky); ^blunter; ^blunt; more ^blunt; not as ^(pointy|tapered|pointed)",
        do="^blunt {it}; ^blunt the (tip|end|point); reduce the ^taper; take the ^point off {it}; make the (tip|end|point) ^(blunter|blunt)",
        say="{it} is too ^(pointed|pointy|tapered|conical|sharp at the tip); too ^(pointy|pointed|tapered)",
        have="less [of a] ^(taper|point)",
    ),
    Sense(
        "flare",
        do="""^flare {it} [out]; ^flare out {it}; ^(splay|fan|widen|spread|flare|open) the (end|top|bottom|tip|rim|base|mouth|opening|lip) [out] [like a (trumpet|bell|funnel|skirt)]; make the (end|top|bottom|rim|base|mouth|tip|opening) ^(wider|broader|bigger|larger|flare out|splay out|fan out); ^widen {it} (towards|toward|at) the (end|top|bottom|rim|base|mouth|tip);
        let {it} (^flare|^widen|^fan|^splay|^spread) out [towards the (end|top|bottom)]; give {it} a ^(flare|flared end|flared rim|bell end|trumpet shape|bell shape|funnel shape); ^(bell|trumpet|funnel) {it} out; ^open {it} up (at the (end|top|bottom)|like a flower|like a funnel|like a bell); make {it} ^(flare|splay|fan out|open out); ^splay {it} [out]; expand the ^(end|rim|mouth|opening|tip); make the lip ^(flare|splay) outward;
        make {it} ^(widen|broaden) towards the (end|top|bottom|base); have the (end|rim|top|bottom|mouth|base) ^(flare|splay|fan out|open up|spread); turn the rim ^outwards; let the (end|rim|top|bottom|base|mouth) ^(flare|open|widen|spread|fan) [out]; ^fan {it} out; ^spread {it} out at the (end|top|bottom|base)""",
        be="""^flared; ^flaring; ^bell-shaped; ^trumpet-shaped; ^funnel-shaped; ^flared (at the (end|top|bottom|base|rim)|out|outwards); ^splayed; ^splayed out; ^bell-bottomed; ^trumpet-like; ^fan-shaped; ^fanned out; ^tulip-shaped; more ^(flared|splayed|bell-shaped|funnel-shaped); ^(wider|broader|bigger|wide|larger) at the (end|top|bottom|tip|base|rim|mouth|opening); ^wider (towards|toward) the (end|top|bottom|base|tip|rim); ^horn-shaped; ^vase-shaped; ^widening (towards|toward) the (end|top|bottom); ^skirt-like; ^megaphone-shaped; ^chalice-like; ^mushroomed; ^goblet-shaped; ^outspread; ^lily-shaped""",
        have="""a ^(flare|flared end|flared rim|flared base|flared bottom|flared opening|bell end|bell mouth|trumpet end|trumpet shape|bell shape|funnel shape|splayed end|wider end|wider base|wider mouth|wider rim|flaring rim|flared foot|skirt); a (slight|strong|gentle|wide|big|dramatic|soft) ^(flare|splay); a ^flared (top|lip|mouth|skirt|tip|end); more [of a] ^flare; ^flares; an ^(outward flare|opened mouth)""",
        like="""like a ^(trumpet|bell|funnel|tulip|trombone|megaphone|skirt|horn of plenty|vuvuzela|bell-bottom|pair of flares|lily|gramophone|gramophone horn|champagne glass|martini glass|trumpet bell|blooming flower|fan|plunger|chimney of a steam train|wine glass|fluted glass|dress|broom|duck's foot|mushroom top|mermaid tail);
        ^trumpet-like; ^bell-like; ^funnel-like""",
        say="""^flare; the (rim|end|mouth|opening|base) should ^(flare|splay|spread|fan|open|widen) [out]; ^wide at the (top|bottom|end) and narrow at the (base|start|bottom); ^bell (bottom|shape|mouth); {it} should get ^(wider|broader|bigger) (towards|toward) the (end|top|bottom|base|tip); ^flared bottom; ^flared rim; ^widening towards the (top|end|bottom)""",
    ),
    Sense(
        "shear",
        do="""^shear {it}; ^skew {it}; ^slant {it}; ^shear {it} (sideways|to one side|along its length); ^skew {it} (sideways|to one side); ^(push|shift|slide|move|offset|drag|displace) the top (sideways|over|to the side|to one side) (while the (base|bottom) stays|and keep the (base|bottom) in place|but keep the (bottom|base) where it is|with the bottom fixed|leaving the (base|bottom) in place);
        turn {it} into a ^(parallelogram|rhombus); make {it} ^(slant|skew|shear); ^italicize {it}; ^italicise {it}; give {it} (a ^shear|a ^skew|a ^slant|an ^oblique shape|a ^slanted shape); ^(shift|slide) the upper (half|end|part) (sideways|over) relative to the (lower|bottom) [half|end|part]; apply [a] ^(shear|skew) [to {it}]; deform {it} into a ^parallelogram; ^slope the sides of {it};
        ^distort {it} (sideways|into a parallelogram); let {it} lean like ^italics; ^slide the layers of {it} like a deck of cards; ^offset the (top|bottom) edge""",
        be="""^sheared; ^skewed; ^slanted; ^slanting; ^oblique; ^parallelogram-shaped; ^rhomboid; ^italic; ^italicised; ^italicized; more ^(slanted|skewed|sheared|oblique|slanting); ^askew; ^skew; ^skewed (to one side|sideways); ^slanted (sideways|to one side); ^lopsided; ^rhombic; ^diagonal; ^off-square""",
        have="""a ^(shear|skew|slant); (some|more) ^(shear|skew|slant); an ^oblique (shape|form|look); a ^(slanted|skewed|sheared|parallelogram) (shape|form|look|profile|outline); a (slight|strong|sideways) ^(shear|skew|slant)""",
        like="""like a ^(parallelogram|rhombus|deck of cards pushed sideways|stack of cards pushed over|italic letter|pushed stack of paper|slanted letter|leaning stack of books|sheared block); like ^(italics|italic text|an italic letter|a slash)""",
        say="^shear; ^skew; ^slant; ^shear deformation; to ^sphere and shear; ^shear tool",
    ),
    *(
        Sense(
            "shear",
            direction=direction,
            share=0.12,
            do=f"^(shear|skew|slant) {{it}} [to the] {word}; ^(shear|skew|slant|push) the top [to the] {word} while the bottom stays",
            be=f"^(sheared|skewed|slanted) to the {word}",
        )
        for direction, word in (("left", "left"), ("right", "right"), ("forward", "front"), ("back", "back"))
    ),
    Sense(
        "inflate",
        do="""^inflate {it}; ^puff {it} [up|out]; ^puff up {it}; ^blow {it} up [like a balloon]; ^blow up {it}; ^pump {it} up; ^pump up {it}; ^bloat {it}; ^swell {it} [up]; ^bulge {it} [out|outward|outwards]; make {it} ^(bulge|swell|puff up|balloon|billow|belly out) [out]; ^plump {it} [up]; ^plump up {it}; ^balloon {it}; fill {it} with ^(air|helium); pump [some|more] ^air into {it}; ^distend {it}; push the (surface|skin|faces|vertices|walls) ^(out|outward|outwards) [along (the|their) normals];
        ^fluff {it} up; ^offset the (surface|faces|skin|shell) outwards; let {it} ^(swell|bulge|puff up|balloon|billow) [out]; ^expand {it} along (the|its) normals; give {it} [some|more] ^(volume|puff|bulge|plumpness); ^overinflate {it}; ^shrink/fatten {it} outwards; ^stuff {it} [with (feathers|foam|cotton)]; ^pad {it} [out]; ^belly {it} out; ^(swell|puff|bulge) {it} a bit more; ^upholster {it} more; ^engorge {it}; ^dilate {it}; ^fill {it} out""",
        be="""^inflated; ^puffy; ^puffier; ^puffed up; ^bloated; ^swollen; ^bulging; ^plump; ^plumper; ^balloon-like; ^pumped up; ^blown up; ^pillowy; ^pillow-like; ^cushiony; ^ballooned; ^ballooning; more ^(inflated|puffy|bulging|plump|swollen|voluminous|bulbous|pillowy|rotund|bloated|cushiony); ^bulgy; ^bulgier; ^bulbous; ^fluffier; ^billowing; ^billowy; ^rotund; ^distended; ^full of air; ^tumescent; ^overstuffed; ^stuffed; ^padded; less ^(deflated|saggy|flat and empty); ^plumped up; ^chubby and round; ^voluminous; ^swelled; ^fuller; ^roly-poly; ^marshmallowy; ^tubby; ^well padded; ^potbellied; ^puffed""",
        have="""(more|some more|extra|added) ^(volume|puff|puffiness|plumpness|bulge|air|padding|stuffing); a ^(bulge|swelling|puffy look|belly|swollen look|pillow shape|bulging shape); a ^(puffy|bloated|swollen|bulging|plump|bulbous|pillowy) (look|shape|form|body|silhouette); ^air inside; more ^body""",
        like="""like a ^(balloon|pillow|blown-up balloon|marshmallow|puffer fish|blowfish|pufferfish|airbag|cushion|inflated tyre|beach ball|air mattress|bouncy castle|bubble|puffer jacket|life jacket|lifebuoy|michelin man|stuffed toy|overripe fruit|hot air balloon|bread roll|dumpling|full wineskin|cloud|basketball|down jacket|sausage); ^balloon-like; ^pillow-like; as if it were ^(inflated|filled with air|pumped up|stuffed)""",
        say="""^inflate; as if you had ^(pumped|blown) air into it; ^(bulge|swell|puff); more ^volume; ^inflate brush; ^shrink fatten; {it} looks ^(deflated|limp|empty|flat and sad), pump it up; {it} (looks|is) too ^(deflated|empty|limp)""",
    ),
    Sense(
        "inflate",
        direction="down",
        share=0.5,
        do="""^deflate {it}; let [some of] the ^air out [of {it}]; ^let the air out; take (some|a bit of) ^air out of {it}; ^suck the air out of {it}; ^shrivel {it}; push the (surface|skin|faces) ^(in|inward|inwards) [along the normals]; reduce the ^(bulge|volume|swelling|puffiness); ^offset the surface inwards; pull the surface ^inward""",
        be="""^deflated; less ^(puffy|inflated|swollen|bloated|bulging|plump|bulgy|bulbous|puffed up); not so ^(puffy|inflated|swollen|bloated|bulging|plump|bulbous|bulgy); not as ^(puffy|bloated|swollen|bulgy); ^shrivelled; ^shriveled; ^shrunken in; ^sunken in; ^saggy and deflated; ^limp""",
        like="like a ^(deflated|burst|punctured|leaking) (balloon|ball|tyre)",
        say="{it} is too ^(puffy|inflated|swollen|bloated|bulging|bulbous|plump); too ^(puffy|bloated|swollen|bulgy|plump); ^deflate",
        have="less ^(volume|puff|bulge|air|padding)",
    ),
    Sense(
        "flatten",
        do="""^flatten {it} [out]; ^flatten out {it}; ^squash {it} [flat|down]; ^squish {it} [down|flat]; ^press {it} (flat|down); ^crush {it} [flat|down]; ^stamp {it} flat; ^stomp on {it}; ^steamroll {it}; ^steamroller {it}; ^iron {it} (flat|out); ^pancake {it}; ^hammer {it} flat; ^beat {it} flat; ^roll {it} (flat|out flat|out); ^level {it} [off|out]; ^compress {it} (flat|vertically|into a disc|into a sheet); ^squeeze {it} flat; make {it} ^flat; ^smash {it} flat; ^run {it} over [with a steamroller]; ^sit on {it}; ^step on {it}; ^trample {it}; ^flat-pack {it}; ^plane {it} flat; turn {it} into a ^(pancake|flat sheet|flat plate|flat disc); ^mash {it} [down|flat]; ^knock {it} flat; ^collapse {it} [flat]; ^compact {it} into a slab; ^press the (top|front|side) flat; ^squash down {it}; ^squish the (top|middle|cushion)""",
        be="""^flat; ^flatter; ^flattened; ^squashed; ^squished; ^pressed [flat]; ^crushed; ^pancake-flat; ^flat as a (pancake|board|pizza|plate|ruler|coin); as ^flat as a (pancake|board|pizza|plate|table|coin); more ^(flat|flattened|squashed|level|planar and flat); ^oblate; ^squashed (down|flat); ^completely flat; ^steamrolled; ^squat and flat; less ^(rounded and high|domed|convex); ^plate-like; ^sheet-like; ^paper-flat; ^two-dimensional; ^ironed flat; ^trampled; ^low and flat; ^compressed; ^levelled; ^leveled""",
        have="""a ^(flat|flatter|flattened|squashed) (shape|profile|form|look|top|surface|bottom|side|face); a ^flattening; less ^(convexity|roundness)""",
        like="""like a ^(pancake|flat disc|sheet of paper|pizza|coin|plate|flounder|crushed can|steamrolled frog|squashed tomato|sheet|ray|pressed flower|flatbread|tortilla|board|tile|stamped tin|flatfish|deflated football|run-over can|CD|wafer); ^pancake-like; as if (someone|an elephant|a truck|a giant|a steamroller) had (stepped on|sat on|driven over|run over|rolled over) ^it; as if it had been ^(squashed|run over|stepped on|sat on|flattened|steamrolled|crushed)""",
        say="""^flatten; ^squash; {it} is too ^(domed|convex|bulgy on top); as though (something heavy|an elephant|somebody) had ^(sat|stepped|fallen|stood) on it; ^flattened {part}; ^flat {part}; ^squashed {part}; ^flatten brush""",
    ),
    Sense(
        "straighten",
        do="""^straighten {it} [out|up]; ^straighten out {it}; ^unbend {it}; ^uncurl {it}; ^uncurve {it}; ^untwist {it}; ^unroll {it}; take the (^bend|^curve|^kink|^kinks|^bow|^curl|^warp|^twist|^crook) out of {it}; take out the ^(bend|curve|kinks|bow|curl|warp); remove (the|any|all) ^(bend|bends|curve|curvature|kink|kinks|bow|curl|warping|twist|bending) [from {it}]; make {it} ^straight [again]; get rid of the ^(bend|curve|curvature|kink|kinks|bow|warp|curl|sag); undo the ^(bend|curve|bending|twist|curvature); pull {it} ^straight; ^true {it} up; ^align {it} along a straight line; iron out the ^(kinks|bends|curves); ^rectify {it}; turn {it} into a ^straight (line|bar|rod|one); ^unkink {it}; ^unwarp {it}; ^dewarp {it}; get {it} ^straight; set {it} ^straight; ^uncoil {it}; reduce the ^(bend|curvature|curve|sag); eliminate the ^(curvature|bend|curve|sag)""",
        be="""^straight; ^straighter; ^straightened [out]; ^unbent; ^uncurled; less ^(bent|curved|crooked|curvy|arched|bowed|twisted|warped|hooked|curled|wonky); not so ^(bent|curved|crooked|curvy|arched|bowed|twisted|warped|curled|wonky|hooked); not as ^(bent|curved|crooked|curvy|arched|bowed|twisted); ^straight as (an arrow|a ruler|a die|a rod); as ^straight as (an arrow|a ruler|a die|a rod|a pole|a stick); ^dead straight; ^perfectly straight; ^ramrod straight; ^arrow-straight; ^poker-straight; more ^straight; ^untwisted; ^linear; free of ^(kinks|bends)""",
        have="a ^straight (shape|form|line|profile|axis|edge|run); less ^(curvature|bend|curve|sag|twist|bow); no ^(bend|curve|kinks|curvature) [at all] any more; a ^straighter (line|shape|axis)",
        like="like a ^(ruler|straight line|arrow|plumb line|straight stick); ^ruler-straight; ^arrow-like",
        say="""^straighten; {it} is too ^(bent|curved|crooked|curvy|bowed|arched|twisted|warped|wonky|hooked); too ^(bent|curved|crooked|curvy|bowed|arched|twisted|warped|wonky); {it} is (crooked|bent|warped), ^straighten it; I want a ^straight {part} (instead of this (bent|crooked|curved) one|and not a (bent|crooked|curved) one); ^straight {part}; no ^(kinks|bends) please; it (shouldn't|should not) be so ^(bent|crooked|curved); ^plumb and true; ^unwind it""",
    ),
    Sense(
        "smooth",
        do="""^smooth {it} [out|down|over|off]; ^smooth out {it}; ^smoothen {it}; ^sand {it} [down|smooth]; ^even {it} out; ^even out (the surface|the bumps|the dents|the unevenness|the irregularities); ^(smooth|even|iron|sand) (out|away|down|off) the (bumps|lumps|dents|wrinkles|roughness|noise|unevenness|irregularities|surface|imperfections|creases|jaggedness|ridges|facets); remove the ^(bumps|lumps|dents|roughness|noise|wrinkles|unevenness|irregularities|scratches from the surface|imperfections|jaggies|creases|jaggedness|facets|waves|ripples); get rid of the ^(bumps|lumps|dents|roughness|noise|wrinkles|jaggies|irregularities|unevenness); take the ^(bumps|lumps|roughness|noise|dents) (out|off|away); ^relax (the surface|the mesh|{it}); ^blur the (shape|surface|geometry|form); ^polish away the bumps; ^denoise {it}; ^clean up the (surface|bumps|noise); make the (surface|shape|skin|form|mesh|outside) [of {it}] ^(smooth|smoother|even|softer|silky smooth|more even|less rough); ^subdivide {it} [and smooth]; ^fair the surface; apply [a] ^(smooth|smoothing|smooth modifier|laplacian smoothing|subsurf|subdivision surface|subdivision); ^buff out the (dents|lumps|bumps); ^regularise the surface; ^fill in the (dents|pits|holes in the surface); ^remove the facets; ^melt the details away""",
        be="""^smooth; ^smoother; ^smoothed [out|over]; ^smoothened; ^even; less ^(bumpy|rough|jagged|lumpy|uneven|noisy|faceted|angular|craggy|rugged|coarse|knobbly|dented|wrinkled|ragged|blocky|wavy|ripply|spiky all over|pitted|gnarly|textured); not so ^(bumpy|rough|jagged|lumpy|uneven|noisy|faceted|angular|craggy|rugged|coarse|knobbly|blocky|pixelated|gnarly); not as ^(bumpy|rough|jagged|lumpy|angular|faceted); more ^(smooth|even|organic and smooth|streamlined|flowing|fluid); ^streamlined; ^silky smooth; ^(baby|butter|glass|silk|mirror) smooth in shape; ^sanded [down]; ^(smooth|sleek) and even; ^soft and smooth; ^seamless; as ^smooth as (glass|silk|a pebble|a baby's bottom|butter|an egg|marble|ice|an eel); ^smooth as (glass|silk|a pebble|butter|an egg); ^sleek; ^sleeker; ^unwrinkled; ^softer in shape; ^fluid""",
        have="""a ^(smooth|smoother|even|silky smooth|nice smooth|very smooth|soft, smooth) (surface|shape|form|finish of the surface|skin|look|outline|flow); some ^smoothing; ^smoothing; a ^smooth modifier; a bit of ^smoothing; fewer ^(bumps|lumps|dents); less ^(roughness|noise|jaggedness|bumpiness)""",
        like="""like a ^(pebble|river stone|polished pebble|washed stone|worn pebble|bar of soap|river pebble|seashell worn by the sea|melted wax figure); ^pebble-like; as if worn ^smooth by (water|the sea|a river|time)""",
        say="""^smooth; ^smooth surface; {it} is too ^(rough|bumpy|jagged|lumpy|uneven|noisy|angular|coarse|faceted|rugged|craggy|blocky); too ^(rough|bumpy|jagged|lumpy|uneven|noisy|coarse|rugged|craggy); the surface is too ^(rough|bumpy|uneven|noisy|coarse|jagged); no more ^(bumps|lumps|dents); ^laplacian smooth; ^smooth brush; ^shade smooth; ^smoothing""",
    ),
    Sense(
        "bevel",
        do="""^bevel {it}; ^bevel (the|all|all the|its|every|those|these) (edges|corners|edge|rim edge|sharp edges|borders); ^chamfer {it}; ^chamfer (the|all|all the|its|every) (edges|corners|edge); ^fillet {it}; ^fillet (the|all|all the|its|every) (edges|corners|edge); ^round (the|all|its|all the|off the) (edges|corners|rims|sharp edges|hard edges|borders); ^round off {it}; ^round {it} off; ^round over the (edges|corners); ^(soften|blunt|dull|ease|break|smooth|sand|radius|trim) (the|all|its|all the|those) [sharp|hard] (edges|corners|edge|borders); take the ^(sharpness|sharp edges|edge|edges|corners) off [{it}]; cut off the ^(edges|corners); knock off the ^(corners|edges); ^(file|shave|plane|grind|sand) (off|down) the (edges|corners|sharp edges); make the (edges|corners) ^(round|rounder|rounded|softer|soft|smooth|smoother|less sharp|less hard|bevelled|beveled|chamfered|blunt|curved|gentler|smoother); give {it} ^(rounded|bevelled|beveled|chamfered|softer|soft|round|filleted) (edges|corners); add a ^(bevel|chamfer|fillet|round|radius) [to (the|all) (edges|corners)]; put a ^(bevel|chamfer|fillet|radius) on (the edges|the corners|{it}); apply a ^(bevel|chamfer|fillet); ^round {it}; remove the ^sharp (edges|corners); have the (edges|corners) ^(rounded|rounded off|bevelled|chamfered|filleted|softened); ^bullnose the edges""",
        be="""^bevelled; ^beveled; ^chamfered; ^filleted; ^rounded; ^rounded off; ^rounded at the (edges|corners); ^round-edged; more ^(rounded|bevelled|chamfered); ^rounder at the (edges|corners); less ^(sharp-edged|sharp at the edges|edgy|boxy|sharp around the edges|hard-edged); not so ^(edgy|sharp-edged|boxy|sharp at the corners|hard-edged); ^soft-edged; ^smooth-edged; ^blunt-edged; ^bullnosed; ^round-cornered; ^childproof""",
        have="""a ^(bevel|chamfer|fillet); ^(rounded|bevelled|beveled|chamfered|softer|soft|round|filleted|blunt|rounder|eased|smooth|blunted) (edges|corners|borders|edge); (less|fewer) ^sharp (edges|corners); a (small|large|tiny|wide|narrow|thin|subtle|soft) ^(bevel|chamfer|fillet|edge radius); ^bevels; ^chamfers; ^fillets; an ^edge radius; a ^(rounded|bevelled|chamfered) (edge|corner|rim|border)""",
        like="like a ^(bar of soap with round edges|dice with round corners|smartphone with its rounded corners)",
        say="""^bevel; ^chamfer; ^fillet; ^bevel edges; ^round edges; ^rounded edges; ^soft edges; ^softer edges; ^rounded corners; ^chamfered edges; ^bevelled edges; the (edges|corners) (are|look) [much|far|way] too ^(sharp|hard|pointy|harsh|crisp|angular|edgy); too ^sharp (edges|at the edges|around the edges); {it} has too ^sharp edges; ^sharp edges should be (rounded|softened); the (edges|corners) should be ^(rounder|rounded|softer|less sharp|bevelled|chamfered|filleted|blunt|smoother); no ^sharp (edges|corners) [please]; ^bevel modifier""",
    ),
    Sense(
        "facet",
        do="""^facet {it}; turn {it} into (a ^low poly (version|model|shape|mesh)|^facets|a ^polyhedron|a ^faceted (gem|stone|shape)|^flat (faces|planes|facets)|a ^cut gem); make {it} ^(low poly|low-poly|lowpoly|faceted|polygonal|angular and flat-sided|look like a cut gem|look low poly|look faceted|look like origami|blocky with flat faces); ^cut facets into {it}; ^chisel {it} into planes; ^decimate {it}; ^simplify {it} (into flat faces|to a few polygons|to big triangles|to a low poly mesh); ^reduce the (polygons|poly count|polycount|number of (polygons|faces|triangles)); cut {it} like a ^(gem|diamond|jewel|gemstone|crystal); ^polygonize {it}; ^low-poly-fy {it}; ^triangulate {it} coarsely; make (the surface|the faces) ^(flat-sided|faceted|planar|polygonal); give {it} ^(facets|a faceted look|a low poly look|flat faces|planar faces|a polygonal look|a crystalline cut); ^use fewer polygons; replace the (curves|smooth surface|roundness) with ^(facets|flat planes|flat faces|planar faces|polygons); break the surface into ^(facets|planes|flat faces|polygons|triangles); ^crystallize {it}; ^remove polygons from {it}""",
        be="""^faceted; ^facetted; ^low poly; ^low-poly; ^lowpoly; ^polygonal; ^flat-shaded; ^gem-like; ^gem-cut; ^diamond-cut; ^crystal-like; ^crystalline in shape; ^polyhedral; ^jewel-like; more ^(faceted|angular|polygonal|low poly|geometric|planar|chiselled|crystal-like); ^more angular; ^angular; ^chiselled; ^chiseled; ^planar; ^multifaceted; ^origami-like; ^cut like a (gem|diamond|jewel); ^geometric; ^prismatic; ^made of flat (planes|faces|facets|polygons|triangles); less ^(smooth and round|rounded and smooth); ^flat-sided; ^many-sided; ^hewn; ^edgy and polygonal; ^retro low poly; ^PS1 style; ^papercraft""",
        have="""^facets; (some|more|big|large|few|many|flat|crisp|visible) ^facets; a ^(faceted|polygonal|low-poly|low poly|gem-cut|chiselled|angular|planar|flat-shaded|crystalline) (look|surface|shape|style|form|appearance|cut); ^flat (faces|planes|facets|sides); a ^(diamond|brilliant|gem|jewel) cut; fewer ^(polygons|faces|triangles); ^planar faces; a ^low polygon count; a ^polygon look""",
        like="""like a ^(cut gem|cut diamond|gemstone|crystal|diamond|jewel|low poly model|polyhedron|brilliant|disco ball|chiselled stone|origami figure|old video game model|geodesic dome|paper model|playstation 1 model|cut crystal glass|gem|football made of flat panels|stealth bomber); like ^(origami|crystal facets|an old video game|an origami crane|papercraft); ^gem-like; ^crystal-like; ^origami-like""",
        say="""^facet; ^facets; ^low poly; ^low poly (style|look|version|please); ^polygon (style|look); {it} is too ^(smooth, make it faceted|smooth, give it facets); ^fewer polygons; ^flat shading; ^decimate modifier; ^low polygon count; ^gem cut; ^flat-shaded""",
    ),
    Sense(
        "waves",
        do="""^ripple {it}; ^corrugate {it}; ^undulate {it}; make {it} ^(wave|ripple|undulate|wobble|wiggle|zigzag|snake|meander|oscillate); put ^(waves|ripples|undulations|corrugations|zigzags|wiggles|ridges|flutes|pleats) (in|into|on|along|across) {it}; add [some|a few|gentle|big|small] ^(waves|ripples|undulations|corrugation|corrugations|wiggles|pleats|flutes|scallops|ridges) [to {it}|along {it}|along its length]; let {it} ^(undulate|ripple|meander|wave|snake) [along its length|up and down|from side to side]; ^wiggle {it}; ^zigzag {it}; ^crimp {it}; ^pleat {it}; ^flute {it}; ^scallop {it}; give {it} [some|a few] ^(waves|ripples|undulations|corrugations|flutes|pleats|ruffles|ridges|wiggles); turn {it} into a ^(wave|sine wave|squiggle|zigzag|wavy line); ^wave {it}; ^rib {it}; apply a ^(wave|sine wave|ripple|wave modifier); ^squiggle {it}; ^crinkle {it}; ^ruffle {it}; modulate {it} with a ^(sine|sine wave|wave)""",
        be="""^wavy; ^wavier; ^rippled; ^ripply; ^corrugated; ^undulating; ^undulated; ^wiggly; ^squiggly; ^wobbly; ^sinuous; ^serpentine; ^zigzag; ^zigzagged; ^zig-zag; ^zigzaggy; ^crimped; ^fluted; ^ribbed; ^scalloped; ^snaking; ^meandering; ^sinusoidal; more ^(wavy|rippled|corrugated|wiggly|undulating|sinuous|serpentine); ^snake-like; ^ruffled; ^pleated; ^crinkle-cut; ^crinkled; ^wave-like; ^curly like a wave; ^accordion-like; ^concertinaed; ^ridged; ^rolling; ^billowing in waves; ^wave-shaped""",
        have="""^(waves|ripples|undulations|corrugations|wiggles|pleats|flutes|flutings|ruffles|scallops|ridges|zigzags|crimps|ribs); (some|gentle|soft|big|small|regular|many|a few|shallow|deep|rolling) ^(waves|ripples|undulations|corrugations|ridges|pleats|wiggles); a ^(wave|ripple|wavy shape|wavy form|wavy profile|wavy edge|wave pattern|sine wave|undulating surface|corrugated surface|zigzag shape|zigzag pattern|ripple effect|serpentine shape|fluted surface|ribbed surface|scalloped edge|wavy line|wavy surface|rippling surface); ^corrugation""",
        like="""like a ^(wave|snake|sine wave|squiggle|corrugated roof|washboard|slithering snake|flag in the wind|ruffled potato chip|worm|river|ripple|meandering river|snake slithering|eel|crinkle cut chip|concertina|accordion|lasagne sheet|curtain|radiator|sea serpent|mountain road|caterpillar|oscilloscope trace|wavy noodle|scallop shell); like ^(waves|waves on the sea|ripples in water|water|the sea|ocean waves|ripples on a pond|a corrugated sheet|sand dunes|rolling hills|bacon|corrugated cardboard|corrugated iron); ^wave-like; ^snake-like""",
        say="""^waves; ^wave; ^ripples; ^ripple; ^zigzag; ^corrugation; ^wavy line; ^wobbly line; ^sine wave; ^wave modifier; {it} should ^(ripple|undulate|wave|snake|meander|wobble) [along its length|like water|up and down|like a snake]; ^up and down in waves; ^wavy edges""",
    ),
    Sense(
        "bumps",
        do="""^roughen {it} [up]; ^rough {it} up; ^rough up {it}; ^(cover|stud|dot|pepper|litter|strew) {it} (with|in) [little|small|tiny|big|large|many|random] (bumps|lumps|warts|knobs|nodules|pimples|bulges|dents|dimples|pits|pebbles|boils|humps|barnacles|nubs|blisters|studs); add [some|a few|little|small|random|surface|big] ^(bumps|lumps|noise|surface noise|roughness|dents|dimples|displacement|irregularities|unevenness|warts|pits|nodules|knobs|craters|displacement noise|surface detail|texture relief); put ^(bumps|lumps|dents|dimples|warts|pimples|noise|craters) (on|in|into|all over) {it}; ^dent {it}; ^dimple {it}; ^pit {it}; ^batter {it}; ^displace (the surface|{it}) [randomly|with noise]; make {it} ^(bumpy|lumpy|rough|knobbly|uneven|gnarled|rugged|dented|craggy|coarse); make (the surface|the skin) [of {it}] ^(bumpy|lumpy|rough|uneven|knobbly|rugged|dented|coarse|pitted|craggy|irregular|noisy|bumpier|rougher); give {it} ^(bumps|lumps|warts|goosebumps|dents|dimples|a bumpy surface|a rough surface|an uneven surface|a rugged surface|a hammered surface); ^perturb the surface; apply [some] ^(noise|displacement|bumps|surface noise); ^deform the surface randomly; ^distress the shape with dents; ^hammer {it} all over; ^randomize the (surface|vertices); ^jitter the (surface|vertices); ^pebble the surface; let ^(warts|lumps|bumps) grow on {it}; ^pockmark {it}; ^weather the shape with pits; ^crumple {it}""",
        be="""^bumpy; ^bumpier; ^lumpy; ^lumpier; ^knobbly; ^knobby; ^rough; ^rougher; ^gnarled; ^gnarly; ^warty; ^nobbly; ^uneven; ^irregular; ^rugged; ^craggy; ^dented; ^dimpled; ^pitted; ^pockmarked; ^pebbly; ^noisy; ^coarse; ^pimply; ^studded; ^cratered; ^nubby; ^rocky in shape; ^hammered in shape; ^bulging irregularly; more ^(bumpy|lumpy|rough|uneven|rugged|knobbly|irregular|textured|gnarled|craggy|organic and lumpy); less ^(smooth|even|perfect|regular|uniform); not so ^(smooth|even|perfect|regular|uniform|sterile); ^rough-surfaced; ^textured; ^tuberous; ^blistered; ^bobbly; ^beat up and dented; ^full of (bumps|lumps|dents|warts|dimples|craters|pits); ^covered (in|with) (bumps|lumps|warts|dents|dimples|knobs|barnacles|craters|boils); ^barnacled; ^rough-hewn; ^jagged; ^stubbly; ^crumpled; ^nodular""",
        have="""^(bumps|lumps|warts|dents|dimples|nodules|knobs|pits|craters|goosebumps|pimples|studs|boils|bobbles|irregularities); (some|little|small|tiny|big|many|a few|random|lots of|more|fine|large) ^(bumps|lumps|dents|dimples|warts|nodules|pits|knobs|craters|irregularities); a ^(bumpy|lumpy|rough|rugged|knobbly|uneven|pitted|dimpled|hammered|craggy|pebbly|noisy|gnarled|irregular|rocky|cratered|warty|studded|pebbled|stucco-like|textured|coarse) (surface|skin|texture|relief|shape|structure|feel|outside); some ^(noise|roughness|surface noise|unevenness|bumpiness|texture|relief|displacement); a ^(relief|surface texture|rough relief); more ^(roughness|texture|bumpiness|relief|grit)""",
        like="""like a ^(golf ball|toad|raspberry|strawberry|orange|cucumber|gourd|bitter melon|potato|rock|boulder|asteroid|moon|moon surface|blackberry|avocado|lizard|crocodile|cauliflower|walnut shell|meteorite|gnarled tree|gnarled root|pineapple|hedgehog|cobblestone street|hammered copper bowl|truffle|basketball surface|custard apple|lychee|mulberry|dinosaur); like ^(orange peel|tree bark|bark|bubble wrap|the surface of the moon|goose skin|toad skin|an orange|an asteroid|an avocado|crocodile skin|cobblestones|gravel|hammered metal in relief|lego studs|popcorn); ^rock-like; ^bark-like; ^potato-like; ^golf-ball-like; as if ^(hammered|battered|beaten) all over""",
        say="""^bumps; ^bump; ^lumps; ^noise; ^dents; ^dimples; ^roughness; ^surface noise; ^displacement noise; ^bumpy surface; ^rough surface; {it} is too ^(smooth|even|perfect|regular|clean in shape); too ^(smooth|even|perfect); ^displace modifier""",
    ),
    Sense(
        "hollow",
        do="""^hollow {it} [out]; ^hollow out {it}; ^(scoop|gut|core|carve|dig|scrape|clear|ream|empty|excavate|burrow) {it} out; ^(scoop|gut|core|carve|dig|scrape|empty|excavate) out {it}; ^(carve|scoop|dig|cut|take|remove|scrape|drill) (out|away) the (inside|interior|middle|core|insides|filling|centre|center) [of {it}]; ^gut {it}; ^shell {it}; ^empty {it}; turn {it} into a ^(shell|tube|thin shell|hollow shell|pipe|empty shell|container|hollow body); make {it} ^(hollow|empty inside|a shell|a hollow shell|thin-walled|hollow inside|a thin shell|empty); remove the ^(inside|interior|inner volume|filling|core|insides|solid core|contents); ^excavate {it}; give {it} [thin|thick] ^walls; ^solidify {it}; leave only (a ^shell|the ^skin|the outer ^shell|a thin ^skin|the ^walls|a ^wall); ^drill {it} out; ^bore {it} out; make a ^cavity (in|inside) {it}; ^core {it}; ^de-core {it}; ^vacate the inside; apply [a] ^(solidify|shell modifier|solidify modifier); create a ^(cavity|hollow) inside [{it}]; take out the ^(stuffing|core|inside|guts)""",
        be="""^hollow; ^hollowed [out]; ^hollowed-out; ^empty inside; ^thin-walled; ^tubular; ^empty; ^gutted; ^cored; ^shell-like; ^hollow inside; ^hollow like a (pipe|drum|straw|bell); not ^solid; less ^solid; no longer ^solid; ^non-solid; ^scooped out; ^carved out; ^(a|just a|only a) ^shell; ^cavernous; ^void inside; ^open inside; ^double-walled; ^walled""",
        have="""a ^(hollow|hollow core|hollow interior|hollow inside|cavity|cavity inside|shell|empty interior|hole through the middle|bore|void inside|hollow centre|empty core); ^(thin|thick|proper) walls; ^walls; an ^(empty|hollow) (inside|interior|core|centre); a ^wall thickness""",
        like="""like a ^(pipe|tube|straw|eggshell|drum|shell|hollow log|bell inside|chocolate easter bunny|canoe|pumpkin lantern|jack-o'-lantern|dug-out canoe|coconut shell|drinking straw|bamboo stalk inside|blown egg); like an ^(eggshell|empty shell|empty box|empty egg)""",
        say="""^hollow; ^shell; ^hollow body; ^solidify; {it} (should not|shouldn't) be ^solid; too ^(solid|massive inside); nothing but a ^(shell|thin skin|thin wall); only the ^(skin|shell|hull|walls) should (remain|stay|be left); ^empty inside; ^tube instead of solid; ^shell modifier; ^solidify modifier""",
    ),
    Sense(
        "mirror",
        do="""^mirror {it} [over|across]; ^flip {it} [over|around|horizontally|vertically|sideways|left to right|left-right|from left to right|across the (middle|centre|axis)]; ^reflect {it} [across (the|its) (axis|middle|centre|center line|x axis|y axis|z axis|plane)]; ^reverse {it} [left to right|left and right|from side to side]; ^invert {it} (left to right|left and right|horizontally|sideways); ^mirror {it} (along|on|across|about|in) the (x|y|z|long|vertical|horizontal|other) (axis|direction|plane); swap ^left and right; exchange ^left and right; switch the ^left and right sides; make a ^mirror (image|copy|version) [of {it}]; turn {it} into its ^mirror image; make {it} ^(left-handed|right-handed|mirrored|face the other way as in a mirror); ^flop {it}; ^mirror-image {it}; make the (left|right) version [out] of {it} by ^mirroring; change {it} from (left-handed to right-handed|right-handed to left-handed) by ^mirroring; ^flip (x|y|z); ^mirror (x|y|z); apply a ^mirror; show {it} as in a ^mirror; change the ^handedness; swap ^sides; make {it} the ^opposite hand; create the ^(left|right)-hand version; turn the (left|right) one into a (right|left) one ^mirrored; switch ^sides""",
        be="""^mirrored; ^flipped; ^reversed; ^reflected; ^mirror-inverted; ^mirror-imaged; ^flipped (horizontally|vertically|left to right|sideways|over); ^laterally reversed; ^mirror-reversed; the ^mirror image; the other way round, ^mirrored; ^left-right reversed; ^opposite-handed; ^back-to-front as in a mirror""",
        have="""a ^(mirror image|mirror copy|mirroring|reflection of the shape|flip)""",
        like="""as [seen] in a ^mirror; like its ^(mirror image|reflection|own reflection); like a ^mirror image; like your left and right ^hand""",
        say="""^mirror; ^flip; ^flip horizontal; ^flip vertical; ^flip horizontally; ^mirror image; ^mirror modifier; the ^mirror image of (this|it|that|the other one); ^mirrored version; the same but ^(mirrored|flipped|reversed); ^left becomes right; ^symmetric counterpart; ^flip over""",
    ),
    Sense(
        "split",
        do="""^(split|cut|slice|divide|chop|segment|separate|partition|saw|section|cleave|break|tear|carve|dice|snap|sever|hack|rip) {it} [up|apart]; ^(split|cut|slice|divide|chop|segment|separate|partition|saw|section|break|tear|carve|tile) {it} [up] (into|in) (pieces|parts|sections|segments|slices|chunks|bits|halves|strips|portions|blocks|lengths); ^(cut|split|saw|slice|chop|break|divide|snap) {it} (in|into) (half|halves|two|two halves); ^(cut|split|slice|saw|divide|halve) {it} (down|through|across|at|in) the middle; make (separate|two|several) ^(pieces|parts|segments|sections|halves) (of|out of|from) {it}; ^bisect {it}; ^dissect {it}; ^quarter {it}; ^trisect {it}; ^split {it} (lengthwise|crosswise|along its length|across|down the middle|evenly|equally); ^slice up {it}; ^cut up {it}; ^chop up {it}; ^divide up {it}; ^cut {it} to pieces; ^separate {it} into (pieces|parts); ^break {it} (up|apart|in pieces); ^fragment {it}; take {it} ^apart; ^sever {it}; ^disassemble {it} into pieces; ^detach the halves; ^pull {it} apart into (pieces|halves)""",
        be="""^split; ^divided; ^segmented; ^sliced; ^cut (up|in half|into pieces|in pieces|in two); ^in (pieces|halves|segments|slices|sections|two pieces|two parts|several pieces); ^sectioned; ^halved; ^chopped up; ^bisected; ^partitioned; ^two separate pieces; ^split (down the middle|in half|in two|apart); ^sawn (in half|through|apart); ^cloven; ^separated into (parts|pieces|segments)""",
        have="""a ^(cut|split) (down|in|through|across) the middle; ^(segments|sections|slices|separate pieces); a ^split in the middle""",
        like="like a ^(sliced loaf|sliced bread|loaf of sliced bread|segmented worm|sliced sausage|log sawn through|chopped carrot|cake cut in pieces)",
        say="""^split; ^slice; ^cut; ^divide; ^split in half; ^cut in half; ^halves; ^segments; ^in two; ^in half; ^bisect; two ^halves; two separate ^(pieces|parts|halves)""",
    ),
    Sense(
        "tilt",
        do="""^tilt {it} [over|sideways|to one side]; ^lean {it} [over]; ^incline {it}; ^cant {it} [over]; ^tip {it} [over|a little]; ^recline {it}; ^list {it}; ^angle {it}; make {it} ^(lean|tilt|tip|recline|list|slope); let {it} ^(lean|tilt|tip over|recline|slope|lean over); have {it} ^(lean|tilt|recline); give {it} (a ^tilt|an ^incline|an ^inclination|a ^lean|a ^list|a bit of ^tilt|a ^rake); set {it} at (an ^angle|a ^tilt|a ^slope); ^rake {it}; put {it} (at an ^angle|on a ^tilt|on a ^slope|at a ^slant); ^slope {it}; ^pitch {it}; ^prop {it} at an angle; ^heel {it} over; ^bank {it}; ^stand {it} at an angle; change the ^(tilt|inclination|incline|lean|rake); increase the ^(tilt|inclination|incline|lean|rake|slope); ^tip the (top|upper end)""",
        be="""^tilted; ^leaning; ^inclined; ^canted; ^tipped [over]; ^reclined; ^angled; ^at an angle; ^on a tilt; ^slanting like the tower of pisa; more ^(tilted|inclined|reclined|angled|leaning|sloped|upright); ^sloped; ^sloping; ^raked; ^tilted (to one side|sideways|over); ^leaning (over|to one side); less ^upright; not so ^(upright|vertical); ^off vertical; ^out of plumb; ^aslant; ^listing; ^cocked; ^steeper; ^reclining""",
        have="""a ^(tilt|lean|incline|inclination|list|rake|slope); a (slight|strong|gentle|jaunty|steep) ^(tilt|lean|incline|slope|inclination|rake); (some|more|a bit of) ^(tilt|lean|inclination|rake|slope)""",
        like="like the [leaning] ^tower of pisa; like a ^(leaning tower|sinking ship|tipped bottle|drunk lamp post|ladder against a wall)",
        say="""^tilt; ^lean; ^incline; {it} is too ^upright; {it} should ^(lean|tilt|recline|tip|slope) [over|to one side]; ^tilt angle; ^inclination""",
    ),
    *(
        Sense(
            "tilt",
            direction=direction,
            share=0.25,
            do=f"^(tilt|lean|tip|angle|recline|incline|slope|pitch|cant) {{it}} ({words}); make {{it}} ^(lean|tilt|recline|slope) ({words}); let {{it}} ^(lean|tilt|recline) [further|more] ({words}); ^tip {{it}} ({words})",
            be=f"^(tilted|leaning|angled|inclined|tipped|canted|sloping) ({words})",
            say=f"{{it}} should ^(lean|tilt|recline|slope) [further|more] ({words}); have {{it}} ^lean ({words})",
        )
        for direction, words in (
            ("forward", "forward|forwards|to the front|towards the front|towards me"),
            ("back", "back|backwards|backward|to the rear|further back|towards the back"),
            ("left", "left|to the left|leftwards|towards the left"),
            ("right", "right|to the right|rightwards|towards the right"),
            ("up", "up|upward|upwards"),
            ("down", "down|downward|downwards"),
            ("out", "outward|outwards|out"),
            ("in", "inward|inwards"),
        )
    ),
    Sense(
        "rotate",
        do="""^rotate {it}; ^turn {it}; ^turn {it} (around|round|about|clockwise|counterclockwise|anticlockwise|counter-clockwise|about its axis|around its own axis|on its axis|around itself|on the spot); ^spin {it} [around|round]; ^revolve {it}; ^pivot {it}; ^swivel {it} [around]; ^roll {it} [over]; ^rotate {it} (around|about) (its|the) (own|long|vertical|horizontal|main|x|y|z|central|length) axis; ^rotate {it} [clockwise|counterclockwise|anticlockwise|counter-clockwise|to the left|to the right|left|right|around]; ^turn {it} (upside down|upside-down|on its head|the other way round|the other way around|on its side|back to front|around|over); ^flip {it} upside down; ^twirl {it} round; ^yaw {it}; put {it} ^upside down; ^orient {it} the other way; stand {it} ^on its head; give {it} a ^(turn|spin|rotation|quarter turn|half turn); make {it} ^(face the other way|point the other way|face backwards|face left|face right|point the other way round); ^swing {it} (round|around); ^rotate (x|y|z); ^rotate {it} (in|on|about|around|along) (x|y|z); ^turn {it} to (face the other way|the other side); change the ^(orientation|rotation); ^reorient {it}; ^spin {it} about its axis; lay {it} ^on its side; ^wheel {it} around; ^gyrate {it}""",
        be="""^rotated; ^turned; ^turned (around|round|over|upside down|the other way round); ^upside down; ^upside-down; ^the other way round; ^the other way around; ^on its head; ^inverted, top to bottom; ^spun around; ^facing the other way; ^back to front; ^wrong way up; ^turned on its side; ^bottom up; ^topsy-turvy""",
        have="""a ^(rotation|quarter turn|half turn|turn|spin); a ^turn (clockwise|around its axis|to the left|to the right)""",
        say="""^rotate; ^turn; ^spin; ^rotation; ^rotate around its axis; ^upside down; ^clockwise; the ^other way (round|up|around); {it} should ^(face|point) the other way; {it} is ^(upside down|the wrong way round|back to front|the wrong way up), turn it""",
    ),
    *(
        Sense("move", direction=direction, do=do, be=be, say=say, share=0.45)
        for direction, do, be, say in (
            (
                "up",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|lift|drag|hoist|bump|scoot|carry|place|set|position|jack) {it} (up|upward|upwards|higher|higher up|further up|to the top); ^raise {it}; ^lift {it}; ^elevate {it}; ^hoist {it}; ^heighten the position of {it}; let {it} (sit|hang|float|be|start) ^higher",
                "^higher up; ^raised; ^lifted; ^(sit|hang|stand) higher; ^elevated",
                "{it} (should|must|could|needs to|has to) (sit|be|hang|go|start|float|be placed|come|move) ^(higher|higher up|further up|up); {it} (sits|is|hangs) too ^low; ^up; ^higher; ^up (a bit|a little); ^move up",
            ),
            (
                "down",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|bump|scoot|place|set|position|press) {it} (down|downward|downwards|lower|lower down|further down|to the bottom); ^lower {it}; ^drop {it}; ^sink {it}; let {it} ^(down|sink|drop); let {it} (sit|hang|be|start) ^lower",
                "^lower down; ^lowered; ^(sit|hang) lower",
                "{it} (should|must|could|needs to|has to) (sit|be|hang|go|start|be placed|come|move) ^(lower|lower down|further down|down); {it} (sits|is|hangs) too ^high [up]; ^down; ^lower; ^down (a bit|a little); ^move down",
            ),
            (
                "left",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|scoot|place|budge|displace|offset|relocate) {it} (left|to the left|leftward|leftwards|further left|more to the left|over to the left|towards the left|to the left side)",
                "^(more|further) to the left; ^further left",
                "{it} (should|must|could|needs to) (sit|be|go|move) [more|further] ^(left|to the left); ^left; ^left (a bit|a little); ^to the left; ^move left",
            ),
            (
                "right",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|scoot|place|budge|displace|offset|relocate) {it} (right|to the right|rightward|rightwards|further right|more to the right|over to the right|towards the right|to the right side)",
                "^(more|further) to the right; ^further right",
                "{it} (should|must|could|needs to) (sit|be|go|move) [more|further] ^(right|to the right); ^right (a bit|a little); ^to the right; ^move right",
            ),
            (
                "forward",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|scoot|place|offset) {it} (forward|forwards|to the front|further forward|towards me|towards the viewer|towards the front|frontwards|ahead); ^advance {it}",
                "^further forward; ^more to the front",
                "{it} (should|must|could|needs to) (sit|be|go|move) [more|further] ^(forward|forwards|to the front); ^forward; ^forwards; ^move forward",
            ),
            (
                "back",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|scoot|place|offset|set) {it} (back|backward|backwards|to the back|to the rear|further back|rearward|rearwards|towards the back); ^recess {it} to the back",
                "^further back; ^more to the back",
                "{it} (should|must|could|needs to) (sit|be|go|move) [more|further] ^(back|backwards|to the back|to the rear); ^back; ^backwards; ^move back",
            ),
            (
                "out",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|place) {it} (out|outward|outwards|further out|away|further away|away from (the centre|the center|the middle|the body|the wall|the object|the rest)|apart); ^spread {it} away from the (body|centre|middle); ^distance {it} from the (body|rest|wall); let {it} ^(stick|stand|protrude|jut) out [more|further]",
                "^further (out|away); ^farther away; ^more outward",
                "{it} (should|must|could|needs to) (sit|be|go|move|stick) [more|further] ^(out|outwards|away); ^outwards; ^further out; ^further away; {it} is too ^close to the (middle|centre|body)",
            ),
            (
                "in",
                "^(move|shift|push|pull|nudge|slide|translate|bring|put|drag|place|tuck|sink|press) {it} (in|inward|inwards|further in|closer|nearer|closer to the (centre|center|middle|body|rest|wall|object)|towards the (centre|center|middle|body|inside)|toward the (centre|middle|body)|nearer to the (middle|body|centre)|together); ^recess {it} [into the (body|wall|surface)]; ^embed {it} [in the (body|wall)]; ^inset {it}; ^tuck {it} in",
                "^closer to the (centre|middle|body|rest); ^closer; ^nearer; ^further in; ^recessed",
                "{it} (should|must|could|needs to) (sit|be|go|move) [more|further] ^(in|inwards|inside|closer|nearer); {it} (sits|is|sticks) too far ^out; ^inwards; ^closer; ^further in",
            ),
        )
    ),
    Sense(
        "move",
        do="^move {it}; ^shift {it}; ^displace {it}; ^relocate {it}; ^nudge {it}; ^translate {it}; ^budge {it}; ^reposition {it}; ^slide {it} [along|over]; ^offset {it}; ^scoot {it} over; ^shove {it} over",
        be="^moved; ^shifted; ^displaced; ^offset",
        say="^move; ^shift; ^translate; ^nudge",
        share=0.3,
    ),
)
