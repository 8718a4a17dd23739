"""Kiku the robot and Gorugan the giant monster: full figures from the front, on nothing."""

from __future__ import annotations

from PIL import Image

from planning.worlds.anime_world.drawing.ink import OUTLINE, Ink, mirrored, mirrored_limb


def kiku() -> Image.Image:
    """A round robot in teal and cream with two lamp eyes and an orange antenna."""
    ink = Ink(512, 800)
    axis = 256
    teal, teal_shade, teal_light = "#3fa7a3", "#256d74", "#8fdcd0"
    cream, cream_shade = "#f3ead7", "#c7b89e"
    steel, steel_shade = "#6b7884", "#454f5b"
    ink.stroke([(256, 70), (262, 30)], OUTLINE, 10)
    ink.stroke([(256, 70), (262, 30)], steel, 5)
    ink.ellipse((263, 24), (17, 17), "#f08a34", shade="#b9561f", depth=7)
    for mirror in (False, True):
        thigh = [(214, 560, 56), (208, 620, 48)]
        shin = [(206, 640, 64), (202, 730, 74)]
        foot = [(146, 790), (148, 758), (172, 734), (206, 726), (240, 738), (252, 764), (252, 790), (200, 793)]
        ink.limb(mirrored_limb(thigh, axis) if mirror else thigh, steel, shade=steel_shade)
        ink.limb(mirrored_limb(shin, axis) if mirror else shin, cream, shade=cream_shade, depth=14)
        ink.shape(mirrored(foot, axis) if mirror else foot, teal, shade=teal_shade, depth=14)
        sole = [(146, 778), (200, 784), (252, 778), (252, 792), (200, 794), (146, 792)]
        ink.shape(mirrored(sole, axis) if mirror else sole, steel, shade=steel_shade, depth=4, smooth=False)
    for mirror in (False, True):
        upper = [(142, 360, 52), (104, 420, 44)]
        fore = [(98, 440, 60), (86, 530, 74)]
        ink.limb(mirrored_limb(upper, axis) if mirror else upper, steel, shade=steel_shade)
        for x, y in ((130, 380), (116, 402)):
            ring = [(x - 22, y - 12), (x + 20, y + 12)]
            ink.stroke(mirrored(ring, axis) if mirror else ring, steel_shade, 4)
        for finger in ([(70, 560, 22), (58, 596, 18)], [(90, 566, 22), (88, 606, 18)], [(108, 558, 22), (116, 590, 18)]):
            ink.limb(mirrored_limb(finger, axis) if mirror else finger, steel, shade=steel_shade, depth=5)
        ink.limb(mirrored_limb(fore, axis) if mirror else fore, cream, shade=cream_shade, depth=14)
        band = [(52, 520), (86, 530), (122, 522), (122, 546), (86, 556), (50, 544)]
        ink.shape(mirrored(band, axis) if mirror else band, "#f08a34", shade="#b9561f", depth=6)
        x = 2 * axis - 146 if mirror else 146
        ink.ellipse((x, 352), (36, 36), teal, shade=teal_shade, depth=10)
    ink.limb([(256, 286, 90), (256, 322, 104)], steel, shade=steel_shade)
    for y in (300, 314):
        ink.stroke([(208, y), (304, y)], steel_shade, 3.5)
    # body: a ball with a cream belly and a gauge
    ink.shape([(256, 312), (340, 326), (392, 400), (390, 490), (340, 566), (256, 588), (172, 566), (122, 490), (120, 400),
              (172, 326)], teal,
              shade=teal_shade, light=teal_light, depth=26)  # fmt: skip
    ink.shape(
        [(256, 372), (316, 386), (340, 440), (326, 510), (256, 540), (186, 510), (172, 440), (196, 386)],
        cream,
        shade=cream_shade,
        depth=14,
    )
    ink.ellipse((256, 444), (44, 44), "#1f2a38", line=4)
    ink.ellipse((256, 444), (33, 33), "#f6c453", outline=None)
    ink.curve([(256, 444), (274, 422)], "#b0312c", 5, end_width=3)
    ink.ellipse((256, 444), (6, 6), "#1f2a38", outline=None)
    for x in (216, 256, 296):
        ink.ellipse((x, 510), (7, 7), {216: "#e4572e", 256: "#f6c453", 296: "#5bbf6a"}[x], line=2.5)
    # head: a wide, round helmet with a dark visor
    ink.shape([(256, 64), (336, 76), (384, 132), (388, 206), (350, 268), (256, 290), (162, 268), (124, 206), (128, 132),
              (176, 76)], cream,
              shade=cream_shade, depth=24)  # fmt: skip
    for mirror in (False, True):
        ear = [(112, 150), (130, 142), (136, 180), (130, 216), (112, 210), (104, 180)]
        ink.shape(mirrored(ear, axis) if mirror else ear, teal, shade=teal_shade, depth=6)
    ink.shape(
        [(256, 116), (330, 124), (354, 168), (340, 222), (256, 240), (172, 222), (158, 168), (182, 124)],
        "#16202e",
        shade="#0c131d",
        depth=10,
    )
    for x in (212, 300):
        ink.ellipse((x, 176), (24, 28), "#7df0e2", outline=None)
        ink.ellipse((x, 176), (15, 18), "#d9fffa", outline=None)
    ink.curve([(236, 216), (256, 224), (276, 216)], "#7df0e2", 5)
    ink.veil([(186, 136), (220, 126), (206, 150), (182, 170)], "#ffffff", 0.35)
    ink.curve([(200, 84), (256, 74), (312, 84)], "#ffffff", 5, end_width=3)
    return ink.finished()


def gorugan() -> Image.Image:
    """A horned giant in violet with a pale green belly, claws and a spiked tail."""
    ink = Ink(760, 800)
    axis = 380
    skin, skin_shade, skin_light = "#6d4a9e", "#432b6d", "#9676c9"
    belly, belly_shade = "#b9cf7c", "#7f9a50"
    bone, bone_shade = "#f2e6c8", "#b9a37c"
    # tail
    ink.limb(
        [(470, 640, 150), (590, 700, 104), (676, 668, 64), (720, 590, 30), (730, 540, 8)], skin, shade=skin_shade, depth=18
    )
    for spike in (
        [(560, 650), (580, 596), (606, 652)],
        [(634, 640), (640, 588), (668, 630)],
        [(684, 606), (676, 560), (708, 580)],
    ):
        ink.shape(spike, bone, shade=bone_shade, depth=6, smooth=False)
    # spikes that stand out behind the shoulders
    for mirror in (False, True):
        for spike in (
            [(250, 250), (186, 170), (300, 216)],
            [(206, 318), (122, 262), (246, 268)],
            [(300, 196), (270, 108), (352, 190)],
        ):
            ink.shape(mirrored(spike, axis) if mirror else spike, bone, shade=bone_shade, depth=12, smooth=False)
    for mirror in (False, True):
        leg = [(288, 560, 190), (262, 660, 168), (256, 740, 130)]
        foot = [(162, 786), (164, 752), (196, 722), (256, 712), (318, 724), (344, 756), (344, 788), (256, 794)]
        ink.limb(mirrored_limb(leg, axis) if mirror else leg, skin, shade=skin_shade, depth=20)
        ink.shape(mirrored(foot, axis) if mirror else foot, skin, shade=skin_shade, depth=12)
        for claw in (
            [(168, 788), (182, 748), (208, 790)],
            [(228, 794), (250, 750), (276, 794)],
            [(296, 792), (320, 750), (340, 788)],
        ):
            ink.shape(mirrored(claw, axis) if mirror else claw, bone, shade=bone_shade, depth=6, smooth=False)
    ink.shape([(256, 250), (320, 206), (380, 198), (440, 206), (504, 250), (548, 340), (552, 460), (530, 580), (460, 660),
              (380, 676), (300, 660), (230, 580),
               (208, 460), (212, 340)], skin, shade=skin_shade, light=skin_light, depth=34)  # fmt: skip
    ink.shape([(380, 286), (440, 300), (474, 370), (480, 470), (460, 570), (380, 624), (300, 570), (280, 470), (286, 370),
              (320, 300)], belly,
              shade=belly_shade, depth=20)  # fmt: skip
    for y, half in ((352, 86), (410, 96), (468, 98), (526, 90), (578, 62)):
        ink.curve([(380 - half, y - 8), (380, y + 10), (380 + half, y - 8)], belly_shade, 5)
    for mirror in (False, True):
        arm = [(238, 316, 128), (152, 400, 112), (116, 496, 92), (124, 560, 84)]
        hand = [(64, 600), (72, 556), (112, 534), (160, 544), (184, 584), (170, 626), (118, 640), (80, 630)]
        for claw in (
            [(70, 598), (44, 664), (98, 628)],
            [(100, 622), (98, 692), (136, 632)],
            [(140, 620), (164, 684), (172, 604)],
        ):
            ink.shape(mirrored(claw, axis) if mirror else claw, bone, shade=bone_shade, depth=8, smooth=False)
        ink.limb(mirrored_limb(arm, axis) if mirror else arm, skin, shade=skin_shade, depth=22)
        ink.shape(mirrored(hand, axis) if mirror else hand, skin, shade=skin_shade, depth=14)
        for spot in ((196, 330, 15), (166, 380, 11), (222, 372, 9), (140, 450, 9)):
            x = 2 * axis - spot[0] if mirror else spot[0]
            ink.ellipse((x, spot[1]), (spot[2], spot[2] * 0.8), skin_shade, outline=None)
    # head, low between the shoulders
    for mirror in (False, True):
        horn = [(300, 128), (250, 96), (222, 30), (236, 4), (262, 50), (306, 82), (342, 96)]
        ink.shape(mirrored(horn, axis) if mirror else horn, bone, shade=bone_shade, depth=12)
    ink.shape([(380, 62), (446, 78), (488, 130), (492, 196), (470, 250), (428, 290), (380, 300), (332, 290), (290, 250),
              (268, 196), (272, 130), (314, 78)], skin,
              shade=skin_shade, light=skin_light, depth=24)  # fmt: skip
    ink.shape([(352, 64), (380, 18), (408, 64), (380, 84)], bone, shade=bone_shade, depth=8, smooth=False)
    for mirror in (False, True):
        eye = [(298, 160), (330, 150), (362, 178), (344, 192), (312, 186)]
        ink.shape(mirrored(eye, axis) if mirror else eye, "#ffe14a", line=3.5)
        x = 2 * axis - 334 if mirror else 334
        ink.ellipse((x, 174), (5, 12), "#9b1b1b", outline=None)
        brow = [(282, 140), (326, 138), (368, 170), (362, 184), (324, 158), (288, 158)]
        ink.shape(mirrored(brow, axis) if mirror else brow, skin_shade, line=3)
        ink.curve(mirrored([(366, 208), (370, 214)], axis) if mirror else [(366, 208), (370, 214)], OUTLINE, 6)
    ink.shape(
        [(304, 236), (340, 224), (380, 228), (420, 224), (456, 236), (440, 272), (380, 286), (320, 272)], "#4a0f22", line=4
    )
    for x in (318, 346, 374, 402, 430):
        ink.shape([(x, 230), (x + 12, 230), (x + 7, 256)], bone, line=2, smooth=False)
    for x in (334, 366, 398, 422):
        ink.shape([(x, 278), (x + 12, 278), (x + 6, 256)], bone, line=2, smooth=False)
    return ink.finished()
