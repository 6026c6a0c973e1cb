"""The names that instructions are made of: parts, primitives, materials, colours, finishes, and words of politeness."""

from __future__ import annotations

PARTS = """leg legs chair leg table leg handle knob wheel wheels spoke hub rim tyre tire axle seat back backrest armrest cushion pillow mattress
headboard frame post pole rod bar beam column pillar base foot feet stand stem neck body lid cap top bottom side rail railing step steps stair
ladder rung door window shutter panel board shelf drawer cabinet door hinge lock key latch roof chimney wall tower gate fence arch dome spire
antenna wing wings tail fin propeller rotor blade blades nose cockpit fuselage engine pipe tube hose nozzle spout lip cup mug bowl plate
vase bottle jar jug kettle teapot pan pot spoon fork knife ladle cutting board lamp lampshade shade bulb candle candlestick cable cord wire
chain ring link hook belt strap buckle button zip collar sleeve shoe sole heel boot hat brim helmet visor mask glasses lens head arm arms hand
hands finger fingers thumb torso chest shoulder hip knee ankle leg wrist horn horns ear ears eye eyes beak snout mouth tooth teeth claw paw
trunk branch branches root leaf leaves petal flower stalk mushroom cap rock stone boulder sword hilt guard shield axe hammer hammerhead shaft
spear arrow bow gun barrel trigger grip stock scope magazine tank turret track cannon hull mast sail deck keel oar paddle anchor rudder
bonnet hood bumper fender mudguard headlight mirror windscreen spoiler exhaust pedal saddle handlebar fork crank gear cog screw bolt nut nail
spring piston lever switch dial joystick keyboard key screen monitor stand tripod camera lens speaker microphone guitar neck headstock string
drum cymbal violin piano bench stool sofa couch armchair bed table desk counter tabletop bookcase bin bucket basket box crate barrel chest
suitcase bag umbrella pen pencil tip eraser brush bristle ruler scissors bell ball cone statue figure robot drone car truck trailer bicycle
bike train wagon ship boat rocket plane helicopter house hut castle bridge street lamp bench fountain sign sign post mailbox tree plant bush
fence post curtain rod tassel fringe ornament crown star gem pendant bead necklace earring clasp part piece middle section end upper half
lower half outer edge inner ring connector joint bracket support strut mount plinth pedestal finial baluster bannister newel gutter
cornice ledge sill awning canopy hatch porthole funnel crane hook boom bucket arm shovel plough wheelbarrow rake spade broom handle""".split(
    "\n"
)
_SINGLE = " ".join(PARTS).split()
NOUNS = sorted(
    {*_SINGLE}
    - {
        "cutting",
        "part",
        "piece",
        "end",
        "side",
        "mirror",
        "key",
        "stone",
        "rock",
        "back",
        "half",
        "upper",
        "lower",
        "outer",
        "inner",
        "ball",
        "cone",
        "box",
        "tube",
        "ring",
        "star",
        "arch",
        "dome",
        "bow",
        "spring",
        "top",
        "bottom",
    }
)
COMPOUND_NOUNS = """chair leg|table leg|table top|door handle|car door|steering wheel|front wheel|rear wheel|tail fin|lamp shade|street lamp|sign post|fence post|bed post
cup handle|tea pot|pen tip|sword blade|gun barrel|guitar neck|chair back|seat cushion|roof tile|window frame|picture frame|sofa arm|robot arm|robot head|plane wing
bottle neck|flower pot|tree trunk|bicycle frame|boat hull|belt buckle|shoe sole|dragon tail|horse head|cat ear|castle tower|church spire|control knob|bench seat""".replace(
    "\n", "|"
).split("|")
PLACES = """left right front rear back upper lower top bottom middle first second third last outer inner main other big small long short little whole
entire selected near far hind leftmost rightmost central""".split()

PRIMITIVES = """sphere ball cube box cylinder cone torus ring donut doughnut pyramid capsule tube plane disc disk icosphere cuboid prism hemisphere dome
wedge ellipsoid egg tetrahedron octahedron dodecahedron icosahedron rectangle block rod slab star heart spiral gear hexagon hexagonal prism triangular prism
pill uv sphere half sphere square pyramid truncated cone frustum helix spring bipyramid diamond crystal teardrop arch rounded box rounded cube
rounded cylinder octagonal prism cross arrow crescent bowl shape""".split()
PRIMITIVES = """sphere|ball|cube|box|cylinder|cone|torus|ring|donut|doughnut|pyramid|capsule|tube|plane|disc|disk|icosphere|cuboid|prism|hemisphere|dome|wedge
ellipsoid|egg|tetrahedron|octahedron|dodecahedron|icosahedron|block|slab|star|heart|hexagonal prism|triangular prism|pill|uv sphere|half sphere|truncated cone
frustum|spring|bipyramid|teardrop|rounded box|rounded cube|octagonal prism|cross|brick|cuboid|gear|hexagon|cogwheel|square pyramid|long box|flat disc
round ball|plain box|simple cylinder|perfect sphere|thin rod|flat plate|small cube|big sphere|wooden ball|round knob|square post|round foot|ball foot|claw foot
lion's paw|wheel with five spokes|wheel with spokes|tapered leg|turned leg|spike|pointed roof|flat roof|round table|bun foot|caster|castor|hook|bell|crystal""".replace(
    "\n", "|"
).split("|")

MATERIALS = """wood|oak|pine|walnut|mahogany|cherry wood|birch|maple|teak|ebony|bamboo|plywood|driftwood|cedar|ash wood|beech|rosewood|spruce|balsa|cork|wicker|rattan|straw
iron|cast iron|wrought iron|steel|stainless steel|aluminium|aluminum|copper|brass|bronze|gold|silver|platinum|chrome|titanium|tin|zinc|lead|pewter|nickel|rose gold|white gold
metal|sheet metal|gunmetal|tungsten|mercury|cobalt|leather|suede|faux leather|velvet|silk|cotton|wool|linen|denim|canvas|felt|fabric|cloth|satin fabric|tweed|corduroy|nylon|polyester
fur|lace|burlap|jute|rope|yarn|glass|stained glass|crystal|plexiglass|acrylic|perspex|plastic|abs plastic|vinyl|pvc|resin|epoxy|rubber|silicone|latex|foam|styrofoam|polystyrene|nylon
ceramic|porcelain|terracotta|clay|china|earthenware|stoneware|tile|stone|marble|granite|slate|limestone|sandstone|basalt|obsidian|concrete|cement|brick|plaster|stucco|gypsum|alabaster
soapstone|travertine|quartz|jade|emerald|ruby|sapphire|amethyst|diamond|opal|turquoise stone|amber|ivory|bone|horn|pearl|mother of pearl|shell|coral|paper|cardboard|papier mache|parchment
wax|ice|snow|water|lava|chocolate|candy|gingerbread|cheese|carbon fibre|carbon fiber|fibreglass|fiberglass|kevlar|asphalt|mud|sand|dirt|earth|moss|grass|hay|coal|charcoal|chalk|graphite
skin|scales|feathers|liquid metal|jelly|gel|soap|neon|leaf gold|tarmac|enamel|lacquer|laminate|formica|linoleum|carpet|bakelite|mdf|particle board|chipboard|corten steel|tin foil|aluminium foil
red brick|onyx|malachite|lapis lazuli|garnet|topaz|flint|chainmail|mesh fabric|netting|sponge|gum|marzipan|butter|bread|biscuit|rice paper|vellum|glazed ceramic|bubble wrap|holographic foil""".replace(
    "\n", "|"
).split("|")
ADJECTIVAL = {"wooden": "wood", "golden": "gold", "woollen": "wool", "woolen": "wool", "silken": "silk", "oaken": "oak", "leathery": "leather", "earthen": "earth", "icy": "ice",
              "waxen": "wax", "steely": "steel", "glassy": "glass", "brazen": "brass", "woody": "wood", "furry": "fur", "rubbery": "rubber", "feathery": "feathers", "mossy": "moss",
              "muddy": "mud", "silvery": "silver", "coppery": "copper", "papery": "paper", "metal": "metal", "timber": "wood", "stony": "stone", "marbled": "marble", "velvety": "velvet", "silky": "silk"}  # fmt: skip

COLORS = """red|blue|green|yellow|orange|purple|pink|brown|black|white|grey|gray|beige|cream|ivory|tan|cyan|magenta|turquoise|teal|navy|navy blue|maroon|crimson|scarlet
burgundy|rose|salmon|coral|peach|apricot|gold|golden yellow|mustard|lemon|lime|olive|mint|emerald|jade|forest green|lime green|olive green|mint green|sea green|sage|khaki
aqua|azure|sky blue|baby blue|royal blue|cobalt blue|midnight blue|electric blue|ice blue|indigo|violet|lavender|lilac|mauve|plum|fuchsia|hot pink|charcoal|charcoal grey
slate grey|silver grey|off-white|snow white|jet black|pitch black|chocolate brown|chestnut|coffee|caramel|sand|ochre|rust red|brick red|blood red|cherry red|ruby red|wine red|fire engine red
pastel pink|pastel blue|pastel green|pastel yellow|neon pink|neon green|neon yellow|neon orange|bottle green|racing green|army green|pea green|grass green|petrol blue|steel blue|sapphire blue
bubblegum pink|rose pink|amber|copper red|blonde|taupe|ecru|umber|sienna|vermilion|carmine|aubergine|eggplant|raspberry|strawberry red|tomato red|banana yellow|canary yellow|sunflower yellow
cornflower blue|denim blue|duck egg blue|moss green|pistachio|avocado|pearl white|bone white|ash grey|dove grey|gunmetal grey|tangerine|pumpkin orange|burnt orange|terracotta red|ultramarine""".replace(
    "\n", "|"
).split("|")
SHADES = (
    "light dark pale deep bright dull vivid muted warm cool soft pastel neon faded rich off hot dusty medium very dark very light".split()
)
SHADES = [s for s in SHADES if s not in ("very", "off", "medium", "soft", "rich")] + ["very dark", "very light", "bright", "light", "dark"]

FINISHES = """shiny|glossy|gloss|high gloss|matte|matt|satin|semi-gloss|polished|highly polished|brushed|sandblasted|frosted|transparent|translucent|clear|see-through|opaque|tinted|milky|cloudy|smoky
rusty|rusted|corroded|tarnished|oxidised|oxidized|patinated|weathered|worn|worn out|aged|antique|vintage|distressed|scratched|scuffed|battered|dirty|dusty|grimy|muddy|stained|faded|chipped|cracked|peeling|mossy
old|ancient|new|brand new|clean|pristine|fresh|raw|unfinished|rough-sawn|varnished|lacquered|oiled|waxed|painted|glazed|enamelled|enameled|chromed|chrome-plated|gilded|gold-plated|silver-plated|anodised|anodized|galvanised|galvanized
powder-coated|hammered|cast|forged|wrought|burnt|charred|scorched|bleached|stonewashed|quilted|woven|knitted|braided|embossed|iridescent|pearlescent|holographic|metallic|mirrored|reflective|chrome-like|glittery|sparkling|sparkly|glittering
glowing|luminous|emissive|fluorescent|phosphorescent|neon|wet|damp|greasy|oily|sticky|slimy|icy|frozen|molten|hot|dull|flat|eggshell|velvety|silky|silken|leathery|grainy|veined|speckled|spotted|striped|checkered|marbled|mottled|patterned|bloody|burnished|lustrous|gleaming|cheap|expensive|luxurious|rustic|industrial
dry|smudged|water-stained|sun-bleached|rain-soaked|crystalline|foggy|steamy|mirror|mirror-like|glass-like|soft-touch|non-reflective|lit|backlit|dark|light|pale|bright|stainless|tempered|bulletproof|reclaimed|recycled|exotic|knotty|patina|plain""".replace(
    "\n", "|"
).split("|")
COMPARED_FINISHES = {"shinier": "shiny", "glossier": "glossy", "rustier": "rusty", "dirtier": "dirty", "duller": "dull", "cleaner": "clean", "older": "old", "newer": "new", "wetter": "wet", "paler": "pale",
                     "brighter": "bright", "darker": "dark", "lighter": "light", "clearer": "clear", "grimier": "grimy", "dustier": "dusty", "muddier": "muddy", "icier": "icy", "mossier": "mossy", "sparklier": "sparkly"}  # fmt: skip
