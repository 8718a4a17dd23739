"""Saitama and Mika: full figures from the front, on nothing."""

from __future__ import annotations

from PIL import Image

from planning.worlds.anime_world.drawing.ink import OUTLINE, Ink, mirrored, mirrored_limb

_SKIN, _SKIN_SHADE = "#f6cfae", "#dea383"


def saitama() -> Image.Image:
    """Bald, a yellow suit, a white cape, red gloves and boots; at rest, and quite sure of himself."""
    ink = Ink(512, 800)
    axis = 256
    suit, suit_shade = "#f5c63c", "#d2952a"
    red, red_shade = "#cf2f2c", "#951d28"
    cape, cape_shade = "#f7f5f0", "#bcc3dc"
    # the cape falls behind him and swings out to the right
    ink.shape([(190, 150), (322, 150), (372, 300), (404, 470), (446, 655), (392, 640), (352, 676), (300, 650), (252, 690),
              (206, 652), (150, 682), (128, 640),
               (140, 450), (160, 290)], cape, shade=cape_shade, depth=30)  # fmt: skip
    for fold in (
        [(330, 220), (352, 420), (388, 620)],
        [(300, 260), (312, 470), (318, 640)],
        [(186, 260), (172, 450), (164, 650)],
    ):
        ink.curve(fold, "#a9b1cf", 4, end_width=2)
    for mirror in (False, True):
        leg = [(226, 400, 84), (217, 520, 70), (212, 610, 56), (208, 690, 46)]
        boot = [(211, 622, 62), (208, 680, 54), (206, 745, 50)]
        foot = [(180, 786), (176, 764), (186, 742), (210, 730), (232, 744), (234, 770), (232, 788), (206, 791)]
        ink.limb(mirrored_limb(leg, axis) if mirror else leg, suit, shade=suit_shade, depth=12)
        ink.limb(mirrored_limb(boot, axis) if mirror else boot, red, shade=red_shade, depth=12)
        ink.shape(mirrored(foot, axis) if mirror else foot, red, shade=red_shade, depth=8)
        rim = [(182, 622), (211, 614), (240, 622), (240, 638), (211, 632), (182, 638)]
        ink.shape(mirrored(rim, axis) if mirror else rim, red, shade=red_shade, depth=5)
    ink.shape([(172, 172), (206, 154), (256, 150), (306, 154), (340, 172), (336, 230), (318, 300), (310, 350), (316, 396),
              (300, 408), (256, 412),
               (212, 408), (196, 396), (202, 350), (194, 300), (176, 230)], suit, shade=suit_shade, depth=20)  # fmt: skip
    ink.curve([(214, 236), (236, 250), (256, 246)], suit_shade, 4, end_width=1.5)
    ink.curve([(298, 236), (276, 250), (256, 246)], suit_shade, 4, end_width=1.5)
    ink.curve([(256, 170), (256, 250), (256, 366)], OUTLINE, 2.5)
    ink.curve([(256, 290), (255, 330)], suit_shade, 3)
    ink.shape([(199, 372), (256, 382), (313, 372), (315, 398), (256, 408), (197, 398)], "#2b2530", shade="#17131b", depth=6)
    ink.ellipse((256, 394), (21, 18), "#e9b83a", shade="#b27f22", depth=6)
    for mirror in (False, True):
        arm = [(188, 186, 62), (166, 260, 52), (152, 320, 44), (144, 372, 40)]
        glove = [(155, 312, 50), (147, 352, 46), (141, 390, 42)]
        fist = [(118, 410), (124, 388), (146, 380), (164, 392), (168, 416), (158, 438), (136, 442), (120, 430)]
        ink.limb(mirrored_limb(arm, axis) if mirror else arm, suit, shade=suit_shade, depth=11)
        ink.limb(mirrored_limb(glove, axis) if mirror else glove, red, shade=red_shade, depth=10)
        ink.shape(mirrored(fist, axis) if mirror else fist, red, shade=red_shade, depth=10)
        for knuckle in ([(130, 418), (134, 436)], [(143, 420), (146, 440)], [(155, 416), (158, 434)]):
            ink.curve(mirrored(knuckle, axis) if mirror else knuckle, red_shade, 3)
        cuff = [(126, 312), (156, 300), (184, 316), (182, 330), (155, 318), (128, 328)]
        ink.shape(mirrored(cuff, axis) if mirror else cuff, red, shade=red_shade, depth=5)
    ink.limb([(256, 120, 46), (256, 158, 48)], _SKIN_SHADE)
    # collar, and the cape's two clasps
    ink.shape(
        [(212, 152), (236, 140), (256, 160), (276, 140), (300, 152), (292, 172), (256, 182), (220, 172)],
        suit,
        shade=suit_shade,
        depth=6,
    )
    ink.shape([(166, 176), (188, 152), (226, 148), (238, 162), (206, 176), (186, 200)], cape, shade=cape_shade, depth=8)
    ink.shape(
        mirrored([(166, 176), (188, 152), (226, 148), (238, 162), (206, 176), (186, 200)], axis),
        cape,
        shade=cape_shade,
        depth=8,
    )
    for x in (214, 298):
        ink.ellipse((x, 166), (10, 10), "#2b2530")
    for mirror in (False, True):
        ear = [(208, 84), (200, 76), (198, 92), (204, 108), (212, 106)]
        ink.shape(mirrored(ear, axis) if mirror else ear, _SKIN, shade=_SKIN_SHADE, depth=4)
    ink.shape([(256, 12), (290, 20), (308, 50), (308, 86), (296, 116), (274, 136), (256, 141), (238, 136), (216, 116),
              (204, 86), (204, 50), (222, 20)],
              _SKIN, shade=_SKIN_SHADE, depth=13)  # fmt: skip
    ink.veil([(226, 34), (246, 24), (254, 34), (240, 44), (228, 52)], "#ffffff", 0.75)
    for mirror in (False, True):
        eye = [(221, 84), (233, 76), (247, 82), (244, 95), (232, 99), (222, 94)]
        ink.shape(mirrored(eye, axis) if mirror else eye, "#ffffff", line=2)
        x = 2 * axis - 236 if mirror else 236
        ink.ellipse((x, 87), (5, 7), "#2a1c1c", outline=None)
        ink.ellipse((x - 2, 84), (1.8, 2.2), "#ffffff", outline=None)
        lid = [(219, 84), (233, 75), (248, 82)]
        ink.curve(mirrored(lid, axis) if mirror else lid, OUTLINE, 4, end_width=3)
        brow = [(217, 68), (232, 64), (246, 70)]
        ink.curve(mirrored(brow, axis) if mirror else brow, OUTLINE, 3.5, end_width=2.5)
    ink.curve([(257, 98), (261, 107), (255, 109)], "#b57b5e", 2.5)
    ink.curve([(242, 121), (256, 124), (271, 119)], OUTLINE, 3, end_width=2)
    return ink.finished()


def mika() -> Image.Image:
    """A girl in a red hooded coat and dark blue tights, black bobbed hair with a yellow clip."""
    ink = Ink(512, 800)
    axis = 256
    coat, coat_shade = "#d23c3c", "#96263a"
    tights, tights_shade = "#2f3a70", "#1d2450"
    hair, hair_shade, hair_light = "#2a2233", "#17121f", "#5a4a76"
    boots, boots_shade = "#8a5634", "#5a3522"
    # hair behind the head
    ink.shape([(158, 120), (170, 60), (214, 22), (256, 14), (300, 22), (342, 60), (354, 120), (352, 182), (336, 214),
              (300, 204), (256, 210), (212, 204),
               (176, 214), (160, 182)], hair, shade=hair_shade, depth=14)  # fmt: skip
    for mirror in (False, True):
        leg = [(228, 520, 62), (224, 610, 52), (222, 700, 42)]
        boot = [(222, 655, 56), (221, 700, 52), (220, 752, 48)]
        foot = [(190, 788), (188, 766), (200, 748), (224, 742), (244, 754), (246, 776), (244, 790), (216, 792)]
        ink.limb(mirrored_limb(leg, axis) if mirror else leg, tights, shade=tights_shade, depth=12)
        ink.limb(mirrored_limb(boot, axis) if mirror else boot, boots, shade=boots_shade, depth=12)
        ink.shape(mirrored(foot, axis) if mirror else foot, boots, shade=boots_shade, depth=8)
        fur = [(194, 652), (222, 642), (250, 652), (252, 672), (222, 664), (192, 672)]
        ink.shape(mirrored(fur, axis) if mirror else fur, "#f3e6d2", shade="#cbb49c", depth=6)
    # the coat: a bell, longer than wide, with a hood round the neck
    ink.shape([(196, 250), (226, 228), (256, 224), (286, 228), (316, 250), (324, 330), (336, 430), (364, 548), (330, 566),
              (256, 574), (182, 566),
               (148, 548), (176, 430), (188, 330)], coat, shade=coat_shade, depth=24)  # fmt: skip
    ink.curve([(256, 262), (255, 400), (258, 570)], OUTLINE, 2.5)
    ink.curve([(214, 420), (202, 500), (192, 560)], coat_shade, 4, end_width=2)
    ink.curve([(300, 430), (314, 500), (322, 560)], coat_shade, 4, end_width=2)
    ink.shape([(149, 546), (182, 564), (256, 572), (330, 564), (363, 546), (368, 566), (330, 586), (256, 594), (182, 586),
              (144, 566)], "#f3e6d2",
              shade="#cbb49c", depth=8)  # fmt: skip
    for y in (300, 352, 404):
        ink.ellipse((256, y), (8, 8), "#f2cf55", shade="#b98a2c", depth=3)
    for mirror in (False, True):
        pocket = [(196, 440), (228, 446), (226, 462), (194, 456)]
        ink.shape(mirrored(pocket, axis) if mirror else pocket, coat, shade=coat_shade, depth=4, line=2.5, smooth=False)
        arm = [(206, 268, 58), (182, 340, 54), (166, 410, 50)]
        hand = [(146, 452), (148, 432), (164, 424), (182, 434), (184, 456), (176, 476), (160, 480), (148, 470)]
        ink.shape(mirrored(hand, axis) if mirror else hand, _SKIN, shade=_SKIN_SHADE, depth=8)
        ink.curve(mirrored([(160, 462), (162, 478)], axis) if mirror else [(160, 462), (162, 478)], _SKIN_SHADE, 2.5)
        ink.curve(mirrored([(172, 460), (173, 476)], axis) if mirror else [(172, 460), (173, 476)], _SKIN_SHADE, 2.5)
        ink.limb(mirrored_limb(arm, axis) if mirror else arm, coat, shade=coat_shade, depth=12)
        cuff = [(138, 408), (166, 418), (194, 414), (194, 436), (166, 442), (138, 432)]
        ink.shape(mirrored(cuff, axis) if mirror else cuff, "#f3e6d2", shade="#cbb49c", depth=6)
    ink.limb([(256, 206, 34), (256, 244, 36)], _SKIN_SHADE)
    ink.shape([(180, 262), (190, 226), (224, 216), (256, 250), (288, 216), (322, 226), (332, 262), (296, 276), (256, 288),
              (216, 276)], coat, shade=coat_shade,
              depth=10)  # fmt: skip
    ink.curve([(198, 250), (226, 262), (256, 270), (286, 262), (314, 250)], coat_shade, 3.5)
    # face
    ink.shape([(256, 50), (304, 62), (326, 104), (324, 150), (306, 188), (278, 212), (256, 219), (234, 212), (206, 188),
              (188, 150), (186, 104), (208, 62)],
              _SKIN, shade=_SKIN_SHADE, depth=10)  # fmt: skip
    for mirror in (False, True):
        white = [(204, 142), (216, 124), (236, 126), (244, 144), (240, 168), (222, 176), (208, 166)]
        ink.shape(mirrored(white, axis) if mirror else white, "#ffffff", outline=None)
        x = 2 * axis - 225 if mirror else 225
        ink.ellipse((x, 150), (15, 23), "#7a3f24", outline=OUTLINE, line=2.5)
        ink.ellipse((x, 160), (10, 12), "#c47a3c", outline=None)
        ink.ellipse((x, 149), (7, 11), "#2a1512", outline=None)
        ink.ellipse((x - 5, 139), (5, 6.5), "#ffffff", outline=None)
        ink.ellipse((x + 5, 163), (2.6, 3), "#ffffff", outline=None)
        lash = [(198, 152), (204, 134), (220, 123), (236, 126), (244, 138)]
        ink.curve(mirrored(lash, axis) if mirror else lash, OUTLINE, 6, end_width=4)
        cheek = [(202, 186), (214, 180), (226, 184), (222, 192), (208, 194)]
        ink.veil(mirrored(cheek, axis) if mirror else cheek, "#f0756a", 0.45, blur=2)
    ink.curve([(256, 172), (259, 178), (255, 181)], "#b57b5e", 2.5)
    ink.curve([(242, 193), (256, 200), (271, 192)], "#8c3a3a", 3.5, end_width=2.5)
    # fringe and the strands beside the cheeks
    ink.shape([(176, 132), (176, 84), (204, 44), (256, 28), (308, 44), (336, 84), (336, 132), (322, 112), (312, 92),
              (304, 118), (288, 92), (272, 116),
               (254, 90), (240, 120), (224, 94), (208, 122), (198, 96), (188, 114)], hair, shade=hair_shade,
               depth=8)  # fmt: skip
    for mirror in (False, True):
        strand = [(178, 96), (194, 104), (192, 150), (198, 196), (182, 214), (166, 190), (164, 140)]
        ink.shape(mirrored(strand, axis) if mirror else strand, hair, shade=hair_shade, depth=6)
        brow = [(206, 114), (218, 107), (236, 108)]
        ink.curve(mirrored(brow, axis) if mirror else brow, OUTLINE, 3, end_width=2)
    ink.curve([(198, 70), (230, 52), (262, 50), (300, 66)], hair_light, 7, end_width=3)
    ink.shape([(300, 74), (328, 88), (324, 100), (296, 86)], "#f7d24c", shade="#c8952c", depth=4, smooth=False)
    return ink.finished()
