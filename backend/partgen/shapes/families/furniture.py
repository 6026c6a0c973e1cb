"""Furniture besides what one sits on."""

from __future__ import annotations

from ..builder import Builder, around, both_sides, four_corners, in_row
from ..solids import bezier, box, capsule, cylinder, ellipsoid, lathe, plate, rounded_rectangle, sweep, torus
from ..wording import counted

__all__ = ["bed", "bench", "bookshelf", "cabinet", "chandelier", "desk", "lamp", "sofa", "table"]


def table(b: Builder) -> str:
    """A table, round or rectangular, on legs of six kinds."""
    width, depth, height = b.uniform(0.5, 1.8), b.uniform(0.4, 0.9), b.uniform(0.35, 0.9)
    material, thick, thin = b.pick("wood", "metal", "plastic", "stone"), b.uniform(0.02, 0.06), b.uniform(0.015, 0.05)
    is_round = b.chance(0.35)
    if is_round:
        radius = width / 2.5
        top = lathe([(0, 0), (radius * 0.95, 0), (radius, thick / 2), (radius * 0.97, thick), (0, thick)], b.segments)
        x = y = radius * 0.6
    else:
        top = plate(rounded_rectangle(width, depth, b.uniform(0, 0.15)), thick).translate((0, 0, thick / 2))
        x, y = width / 2 - 2 * thin, depth / 2 - 2 * thin
    b.add("top", top.translate((0, 0, height)), "", "round" if is_round else "rectangular", material)
    legs_material = b.pick(material, "metal", "wood")
    style = b.pick("straight", "square", "turned", "trestle", "pedestal", "crossed")
    if style == "pedestal":
        wide = min(x, y) * b.uniform(0.6, 1.1)
        post = lathe(
            [
                (0, 0),
                (thin * 1.5, 0),
                (thin * 2.2, height * 0.3),
                (thin, height * 0.5),
                (thin * 1.6, height * 0.8),
                (thin * 3, height),
                (0, height),
            ],
            b.segments,
        )
        b.add("post", post, "base", "turned", legs_material)
        if b.chance():
            b.add("foot", cylinder((0, 0, 0), (0, 0, 0.03), wide, wide * 0.9, b.segments), "base", "round", legs_material)
        else:
            foot = sweep(bezier([(0, 0, height * 0.3), (wide * 0.5, 0, height * 0.25), (wide, 0, 0.01)], 8), thin * 0.7, None, 10)
            b.add_all("foot", around(foot, b.integer(3, 5)), "base/feet", "curved", legs_material)
    elif style == "trestle":
        side = box((thin * 2, depth * 0.8, thin * 2), (x * 0.8, 0, thin)) + box(
            (thin * 1.6, thin * 5, height - thin), (x * 0.8, 0, height / 2 + thin / 2)
        )
        b.add_all("trestle", both_sides(side), "base", "flat", legs_material)
        b.add("beam", box((1.6 * x, thin, thin * 3), (0, 0, height * 0.4)), "base", "long", legs_material)
    elif style == "crossed":
        for side in (-1, 1):
            b.add_all(
                "leg",
                both_sides(cylinder((-x, side * y, 0), (x, side * y, height + 0.002), thin * 0.8, None, b.segments)),
                "legs",
                "crossed",
                legs_material,
            )
    else:
        if style == "square":
            leg = box((2 * thin, 2 * thin, height + 0.004), (x, y, height / 2))
        elif style == "turned":
            outline = [
                (0, 0),
                (thin * 0.6, 0),
                (thin * 0.8, height * 0.3),
                (thin * 1.5, height * 0.45),
                (thin * 0.7, height * 0.55),
                (thin * 1.3, height * 0.9),
                (thin * 1.3, height),
                (0, height),
            ]
            leg = lathe(outline, b.segments).translate((x, y, 0.002))
        else:
            leg = cylinder((x * b.uniform(0.9, 1.15), y, 0), (x, y, height + 0.002), thin * b.uniform(0.5, 1), thin, b.segments)
        b.add_all("leg", four_corners(leg), "legs", style, legs_material)
        if b.chance(0.4) and not is_round:
            b.add_all("apron", both_sides(box((2 * x, thin, 0.08), (0, y, height - 0.04)), 1), "apron", "long", legs_material)
            b.add_all("apron", both_sides(box((thin, 2 * y, 0.08), (x, 0, height - 0.04)), 0), "apron", "short", legs_material)
        if b.chance(0.25):
            b.add(
                "shelf",
                plate(rounded_rectangle(2 * x + 3 * thin, 2 * y + 3 * thin, 0.01), thick * 0.6).translate((0, 0, height * 0.3)),
                "",
                "low",
                material,
            )
    return f"a {'round' if is_round else 'rectangular'} {b.parts[0].material.name} table with {style} legs"


def desk(b: Builder) -> str:
    """A desk with sets of drawers."""
    width, depth, height, thick = b.uniform(1.0, 1.8), b.uniform(0.5, 0.8), b.uniform(0.68, 0.78), b.uniform(0.02, 0.04)
    material = b.pick("wood", "plastic", "metal")
    b.add("top", box((width, depth, thick), (0, 0, height)), "", "rectangular", material)
    pedestal = b.uniform(0.35, 0.45)
    sides = (-1, 1) if b.chance(0.3) else (b.pick(-1, 1),)
    for side in sides:
        x = side * (width / 2 - pedestal / 2 - 0.01)
        body = height - thick / 2
        b.add("drawer box", box((pedestal, depth * 0.95, body), (x, 0, body / 2)), "pedestals", "upright", material)
        count = b.integer(2, 4)
        for number in range(count):
            z = body * (number + 0.5) / count
            b.add(
                "drawer front",
                box((pedestal * 0.9, 0.03, body / count * 0.85), (x, -depth * 0.475 - 0.01, z), 0.004),
                "pedestals/drawers",
                "flat",
                material,
            )
            b.add(
                "handle",
                capsule((x - 0.05, -depth * 0.475 - 0.03, z), (x + 0.05, -depth * 0.475 - 0.03, z), 0.009, None, 10),
                "pedestals/drawers",
                "small",
                "metal",
            )
    if len(sides) == 1:
        leg = box((0.05, 0.05, height), (-sides[0] * (width / 2 - 0.04), depth / 2 - 0.04, height / 2))
        b.add_all("leg", both_sides(leg, 1), "legs", "square", b.pick(material, "metal"))
    if b.chance(0.5):
        b.add("back panel", box((width * 0.95, 0.02, height * 0.5), (0, depth / 2 - 0.03, height * 0.7)), "", "flat", material)
    return f"a {b.parts[0].material.name} desk with {counted(len(sides), 'set')} of drawers"


def cabinet(b: Builder) -> str:
    """A cabinet with doors and drawers."""
    width, depth, height = b.uniform(0.4, 1.4), b.uniform(0.3, 0.6), b.uniform(0.5, 1.9)
    material, wall = b.pick("wood", "metal", "plastic"), 0.025
    foot = b.uniform(0.03, 0.18)
    b.add("body", box((width, depth, height), (0, 0, foot + height / 2)), "", "boxy", material)
    if b.chance(0.8):
        leg = b.pick(
            cylinder((width / 2 - 0.05, depth / 2 - 0.05, 0), (width / 2 - 0.05, depth / 2 - 0.05, foot + 0.01), 0.015, 0.025, b.segments),
            box((0.05, 0.05, foot + 0.01), (width / 2 - 0.04, depth / 2 - 0.04, foot / 2)),
        )
        b.add_all("leg", four_corners(leg), "legs", "short", b.pick(material, "metal"))
    front, rows = -depth / 2, b.integer(1, 4)
    doors = b.integer(1, 3)
    drawers = b.integer(0, rows)
    knob = b.chance()
    for row in range(rows):
        low, tall = foot + height * row / rows, height / rows
        if row < drawers:
            b.add(
                "drawer", box((width * 0.94, wall, tall * 0.9), (0, front - wall / 3, low + tall / 2), 0.004), "drawers", "wide", material
            )
            for x in (-width * 0.2, width * 0.2):
                grip = (
                    ellipsoid((x, front - 0.03, low + tall / 2), (0.018,) * 3, 12)
                    if knob
                    else capsule((x - 0.04, front - 0.026, low + tall / 2), (x + 0.04, front - 0.026, low + tall / 2), 0.008, None, 8)
                )
                b.add("knob" if knob else "handle", grip, "drawers/grips", "small", "metal")
            continue
        for door in range(doors):
            x = width * ((door + 0.5) / doors - 0.5)
            b.add(
                "door",
                box((width / doors * 0.92, wall, tall * 0.92), (x, front - wall / 3, low + tall / 2), 0.004),
                "doors",
                "flat",
                material,
            )
            edge = x + width / doors * 0.36 * (-1 if door % 2 else 1)
            b.add(
                "handle",
                capsule((edge, front - 0.026, low + tall * 0.4), (edge, front - 0.026, low + tall * 0.6), 0.008, None, 8),
                "doors/grips",
                "upright",
                "metal",
            )
    if b.chance(0.5):
        b.add("top", box((width * 1.06, depth * 1.08, 0.03), (0, 0, foot + height + 0.01), 0.004), "", "flat", b.pick(material, "stone"))
    inside = [f"{counted(drawers, 'drawer')}"] * (drawers > 0) + ["doors"] * (drawers < rows)
    return f"a {b.parts[0].material.name} cabinet with {' and '.join(inside)}"


def bookshelf(b: Builder) -> str:
    """Shelves with rows of books."""
    width, depth, height, wall = b.uniform(0.5, 1.2), b.uniform(0.2, 0.35), b.uniform(0.7, 2.0), b.uniform(0.015, 0.035)
    material = b.pick("wood", "metal")
    b.add_all("side", both_sides(box((wall, depth, height), (width / 2, 0, height / 2))), "frame", "upright", material)
    count = b.integer(3, 6)
    for number in range(count + 1):
        z = wall / 2 + (height - wall) * number / count
        b.add("shelf", box((width, depth, wall), (0, 0, z)), "shelves", "flat", material)
    if b.chance(0.6):
        b.add("back", box((width, 0.012, height), (0, depth / 2, height / 2)), "frame", "thin", material)
    books = 0
    for number in range(count):
        x = -width / 2 + wall
        low, room = wall + (height - wall) * number / count, (height - wall) / count - wall
        while b.chance(0.75) and x < width / 2 - 0.1:
            thick, tall = b.uniform(0.02, 0.06), room * b.uniform(0.6, 0.95)
            x += thick + 0.004
            b.add(
                "book",
                box((thick, depth * 0.75, tall), (x - thick / 2, -0.01, low + tall / 2 - 0.002)),
                f"books/row {number + 1}",
                "upright",
                "paper",
            )
            books += 1
    return f"a {b.parts[0].material.name} bookshelf with {count + 1} shelves and {counted(books, 'book')}"


def bed(b: Builder) -> str:
    """A bed with bedding and a headboard."""
    width, long, high = b.uniform(0.9, 1.9), b.uniform(1.8, 2.1), b.uniform(0.2, 0.4)
    material = b.pick("wood", "metal")
    b.add("frame", box((width, long, 0.12), (0, 0, high)), "frame", "flat", material)
    b.add("mattress", box((width * 0.95, long * 0.96, 0.2), (0, 0, high + 0.14), 0.05), "bedding", "soft thick", "fabric")
    tall = b.uniform(0.5, 1.1)
    if b.chance():
        b.add(
            "headboard",
            plate(rounded_rectangle(width, tall, b.uniform(0, 0.2)), 0.05)
            .rotate((90, 0, 0))
            .translate((0, long / 2, tall / 2 + high * 0.6)),
            "frame",
            "tall",
            material,
        )
    else:
        post = cylinder((width / 2, long / 2, 0), (width / 2, long / 2, tall + high), 0.03, None, b.segments)
        b.add_all("bedpost", both_sides(post), "frame/headboard", "upright", material)
        b.add_all(
            "bar",
            in_row(box((width, 0.03, 0.05), (0, long / 2, high + tall * 0.6)), 3, (0, 0, tall * 0.25)),
            "frame/headboard",
            "horizontal",
            material,
        )
    b.add_all("leg", four_corners(box((0.07, 0.07, high), (width / 2 - 0.06, long / 2 - 0.06, high / 2))), "frame/legs", "square", material)
    count = 2 if width > 1.3 else 1
    b.add_all(
        "pillow",
        in_row(ellipsoid((0, long / 2 - 0.28, high + 0.27), (0.3, 0.18, 0.09), 24), count, (0.7, 0, 0)),
        "bedding/pillows",
        "soft",
        "fabric",
    )
    if b.chance(0.6):
        b.add("blanket", box((width * 1.02, long * 0.6, 0.22), (0, -long * 0.2, high + 0.15), 0.06), "bedding", "soft", "fabric")
    return f"a {'double' if count == 2 else 'single'} {b.parts[0].material.name} bed"


def sofa(b: Builder) -> str:
    """A sofa or an armchair with cushions."""
    seats = b.integer(1, 3)
    width, depth, high = 0.35 + 0.62 * seats, b.uniform(0.75, 1.0), b.uniform(0.3, 0.42)
    cloth = b.pick("fabric", "leather")
    arm, soft = b.uniform(0.12, 0.25), b.uniform(0.02, 0.06)
    b.add("base", box((width, depth, high * 0.6), (0, 0, high * 0.55), soft), "", "boxy", cloth)
    b.add("backrest", box((width, depth * 0.25, b.uniform(0.5, 0.7)), (0, depth * 0.4, high + 0.15), soft), "", "upright", cloth)
    b.add_all(
        "armrest",
        both_sides(box((arm, depth, high + b.uniform(0, 0.2)), (width / 2 + arm * 0.3, 0, high * 0.8), soft)),
        "arms",
        "padded",
        cloth,
    )
    room = (width - arm) / seats
    b.add_all(
        "seat cushion",
        in_row(box((room * 0.96, depth * 0.75, 0.16), (0, -depth * 0.1, high + 0.03), 0.05), seats, (room, 0, 0)),
        "cushions",
        "soft",
        cloth,
    )
    if b.chance(0.7):
        b.add_all(
            "back cushion",
            in_row(box((room * 0.93, 0.16, 0.38), (0, depth * 0.23, high + 0.25), 0.06), seats, (room, 0, 0)),
            "cushions",
            "soft",
            cloth,
        )
    foot = cylinder((width / 2 - 0.06, depth / 2 - 0.06, 0), (width / 2 - 0.06, depth / 2 - 0.06, high * 0.3), 0.02, 0.03, b.segments)
    b.add_all("foot", four_corners(foot), "feet", "short", "wood")
    return f"a {f'sofa for {seats}' if seats > 1 else 'armchair'} in {b.parts[0].material.name}"


def bench(b: Builder) -> str:
    """A bench of boards, with or without a back."""
    width, depth, high = b.uniform(1.0, 2.0), b.uniform(0.35, 0.55), b.uniform(0.4, 0.5)
    material = b.pick("wood", "metal", "stone")
    count = b.integer(1, 5)
    step = depth / count
    b.add_all("seat board", in_row(box((width, step * 0.85, 0.04), (0, 0, high)), count, (0, step, 0)), "seat", "long flat", material)
    side = box((0.06, depth * 1.02, 0.06), (width * 0.42, 0, high - 0.04))
    if b.chance(0.6):
        frame = (
            side
            + box((0.06, 0.06, high), (width * 0.42, depth * 0.42, high / 2))
            + box((0.06, 0.06, high), (width * 0.42, -depth * 0.42, high / 2))
        )
    else:
        frame = box((0.12, depth * 0.9, high), (width * 0.4, 0, high / 2 - 0.01))
    b.add_all("support", both_sides(frame), "base", "upright", b.pick(material, "metal"))
    backed = b.chance(0.5)
    if backed:
        boards = b.integer(1, 3)
        b.add_all("post", both_sides(box((0.05, 0.05, 0.5), (width * 0.42, depth / 2, high + 0.2))), "back/posts", "upright", "metal")
        b.add_all(
            "back board",
            in_row(box((width, 0.035, 0.09), (0, depth / 2 - 0.03, high + 0.3)), boards, (0, 0, 0.13)),
            "back",
            "long flat",
            material,
        )
    return f"a {b.parts[0].material.name} bench {'with a back' if backed else 'without a back'}"


def lamp(b: Builder) -> str:
    """A lamp for a table, a desk or the floor."""
    material = b.pick("metal", "gold", "plastic", "ceramic", "wood")
    kind = b.pick("table", "floor", "desk")
    thin = b.uniform(0.008, 0.02)
    foot = b.uniform(0.08, 0.18)
    b.add(
        "base", lathe([(0, 0), (foot, 0), (foot, 0.015), (foot * 0.4, b.uniform(0.02, 0.06)), (0, 0.05)], b.segments), "", "round", material
    )
    if kind == "desk":
        low, high = b.uniform(0.25, 0.4), b.uniform(0.2, 0.4)
        lean = b.uniform(-0.15, 0.05)
        elbow, tip = (0, lean + 0.05, 0.03 + low), (0, lean - high * 0.9, 0.03 + low + high * b.uniform(0.0, 0.5))
        b.add("lower arm", cylinder((0, 0, 0.02), elbow, thin, None, b.segments), "arm", "slim", material)
        b.add("upper arm", cylinder(elbow, tip, thin, None, b.segments), "arm", "slim", material)
        b.add("joint", ellipsoid(elbow, (thin * 2,) * 3, 16), "arm", "round", "metal")
        shade = (
            lathe([(0.02, 0), (0.08, -0.1), (0.075, -0.1), (0, -0.012), (0, 0)], b.segments)
            .rotate((b.uniform(-40, 0), 0, 0))
            .translate(tip)
        )
        b.add("shade", shade, "head", "conical", material)
        b.add("bulb", ellipsoid((tip[0], tip[1], tip[2] - 0.06), (0.025, 0.025, 0.035), 16), "head", "round", "glass")
        return f"a {b.parts[0].material.name} desk lamp with a jointed arm"
    tall = b.uniform(1.2, 1.6) if kind == "floor" else b.uniform(0.25, 0.4)
    if kind == "table" and b.chance(0.6):
        body = b.uniform(0.05, 0.12)
        outline = bezier([(0.02, 0.02), (body * 2, 0.05), (body * 0.2, tall * 0.6), (0.015, tall)], 14)
        b.add("body", lathe([(0, 0.02), *outline, (0, tall)], b.segments), "", "bulbous", b.pick("ceramic", "glass", "gold"))
    else:
        b.add("pole", cylinder((0, 0, 0.02), (0, 0, tall), thin, None, b.segments), "", "slim", material)
    wide, narrow, high = b.uniform(0.12, 0.25), b.uniform(0.05, 0.2), b.uniform(0.15, 0.3)
    shade = lathe([(wide, 0), (wide + 0.004, 0), (narrow + 0.004, high), (narrow, high)], b.segments).translate((0, 0, tall - high * 0.35))
    b.add("shade", shade, "head", "conical" if narrow < wide * 0.8 else "drum", "fabric")
    b.add("bulb", ellipsoid((0, 0, tall + 0.03), (0.03, 0.03, 0.045), 16), "head", "round", "glass")
    b.add_all(
        "spoke",
        around(cylinder((0, 0, tall - high * 0.3), (wide - 0.002, 0, tall - high * 0.3), 0.004, None, 8), 3),
        "head/spokes",
        "thin",
        "metal",
    )
    return f"a {kind} lamp of {b.parts[0].material.name} with a fabric shade"


def chandelier(b: Builder) -> str:
    """Arms with lights around a hub that hangs from a rod."""
    arms, reach, drop = b.integer(3, 8), b.uniform(0.2, 0.45), b.uniform(0.2, 0.6)
    material = b.pick("gold", "metal")
    b.add("ceiling cap", lathe([(0, 0), (0.06, 0), (0.02, -0.03), (0, -0.03)], b.segments).translate((0, 0, drop)), "", "round", material)
    b.add("rod", cylinder((0, 0, 0), (0, 0, drop), 0.008, None, b.segments), "", "thin", material)
    outline = bezier([(0.01, -0.12), (0.09, -0.1), (0.02, 0.0), (0.05, 0.05), (0.01, 0.1)], 14)
    b.add("hub", lathe([(0, -0.12), *outline, (0, 0.1)], b.segments), "", "turned", material)
    path = bezier([(0.02, 0, 0), (reach * 0.5, 0, -0.18), (reach, 0, -0.12), (reach, 0, 0.04)], 12)
    arm = sweep(path, 0.008, None, 10)
    b.add_all("arm", around(arm, arms), "arms", "curved", material)
    cup = lathe([(0, 0), (0.03, 0), (0.045, 0.03), (0, 0.02)], 16).translate((reach, 0, 0.035))
    b.add_all("cup", around(cup, arms), "lights/cups", "small", material)
    bulb = b.pick(ellipsoid((reach, 0, 0.1), (0.025, 0.025, 0.045), 14), cylinder((reach, 0, 0.05), (reach, 0, 0.15), 0.014, None, 14))
    b.add_all("light", around(bulb, arms), "lights", "bright", b.pick("glass", "paper"))
    if b.chance(0.3):
        b.add("ring", torus((0, 0, path[5][2]), path[5][0], 0.006), "", "round", material)
    return f"a chandelier with {arms} arms"
