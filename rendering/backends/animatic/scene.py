"""Scene: a beat set up on its stage, ready to be drawn at any frame."""

from __future__ import annotations

import cv2
import numpy as np

from episodes.job import RenderJob
from rendering.backend import Frames, PictureSource
from rendering.backends.animatic.actors import Actor
from rendering.backends.animatic.backdrops import hang_backdrop
from rendering.backends.animatic.camera import Camera, Lens, camera_at
from rendering.backends.animatic.effects import Effects, Seen, shake_of
from rendering.backends.animatic.figures import draw_actor, draw_shadow
from rendering.backends.animatic.framing import enlarged
from rendering.backends.animatic.landmarks import GROUND_STEP, Landmarks, Paths, ground_of, landmarks_of, step_px
from rendering.backends.animatic.openings import dissolve
from rendering.backends.animatic.pen import lay_over
from rendering.backends.animatic.puppets import Puppet
from rendering.backends.animatic.references import References
from rendering.backends.animatic.scenery import Layer, View, light_in, paint_place
from rendering.backends.animatic.scenery.easel import blurred
from rendering.backends.animatic.score import pose_at, restrained
from rendering.backends.animatic.shapes import Point
from rendering.backends.animatic.stage import Staging
from rendering.backends.last_frame import last_frame

_BACK_ROW = 0.055  # of the frame's height that a step behind the front row stands higher


class Scene:
    """Paints the place once; `draw` is then cheap and may be called in any order."""

    def __init__(self, job: RenderJob, staging: Staging, references: References, pictures: PictureSource) -> None:
        self._job = job
        self._beat = job.input.beat
        self._size = job.input.format
        self._staging = staging
        self._told = f"{self._beat.description} {self._beat.prompt}"
        self._light = light_in(self._beat, self._told)
        self._duration_s = job.num_frames / self._size.fps
        self._lens = Lens(width=self._size.width, height=self._size.height, horizon=staging.framing.horizon)
        self._ppu = self._size.height / staging.framing.tall
        self._layers = [self._focused(layer) for layer in self._place(references, pictures)]
        self._puppets = {
            actor.member.character.character_id: Puppet(cutout)
            for actor in staging.actors
            if (cutout := references.cutout(actor.member.character, self._beat.shot_size, pictures)) is not None
        }
        self._before = self._earlier_frame(pictures)
        self._effects = Effects(self._size.width, self._size.height, self._beat.seed, self._told, self._light)
        self._vignette = _vignette(self._size.width, self._size.height)

    def draw(self, frame: Frames, index: int) -> None:
        """Fills `frame`, (height, width, 3), with the picture at frame `index` of the clip."""
        time_s = index / self._size.fps
        camera = self._camera(index, time_s)
        frame[:] = 0
        for layer in self._layers:
            if layer.depth <= 1.0:
                self._lay(frame, layer, camera, time_s)
        self._draw_cast(frame, camera, time_s)
        for layer in self._layers:
            if layer.depth > 1.0:
                self._lay(frame, layer, camera, time_s)
        self._tilt(frame)
        cv2.multiply(frame, self._vignette, dst=frame, scale=1 / 255)
        if self._before is not None:
            dissolve(frame, self._before, time_s)

    def paths(self) -> Paths:
        """Where everything that moves is in each frame, in steps that flow can follow: so keys are chosen before anything is drawn."""
        return np.stack([self._landmarks(index) for index in range(self._job.num_frames)])

    def _landmarks(self, index: int) -> Landmarks:
        time_s = index / self._size.fps
        camera = self._camera(index, time_s)
        shorter_side = min(self._size.width, self._size.height)
        found = [ground_of(camera, self._lens) / (GROUND_STEP * shorter_side)]
        for actor in self._staging.actors:
            puppet = self._puppets.get(actor.member.character.character_id)
            points = landmarks_of(self._seen(actor, camera, time_s), time_s, puppet.cutout if puppet else None)
            found.append(points / step_px(shorter_side, actor.height * self._ppu))
        return np.concatenate(found)

    def _place(self, references: References, pictures: PictureSource) -> tuple[Layer, ...]:
        beat, view = self._beat, self._view()
        backdrop = references.backdrop(beat.place, beat.time_of_day, pictures)
        if backdrop is None:
            return paint_place(beat.place, self._light, view, beat.description)
        picture, shot_in = backdrop
        return hang_backdrop(picture, shot_in, beat.time_of_day, self._light, view)

    def _earlier_frame(self, pictures: PictureSource) -> Frames | None:
        start = self._job.input.start_frame
        if start is None:
            return None
        path = pictures.path(start.video_key, start.sha256)
        return last_frame(path, start.video_key, self._size)

    def _camera(self, index: int, time_s: float) -> Camera:
        share = index / max(1, self._job.num_frames - 1)
        camera = camera_at(self._beat.camera_move, share, time_s, self._beat.seed)
        travelled = self._staging.scroll * time_s / self._staging.framing.tall
        jolt = shake_of([a.act for a in self._staging.actors], time_s, self._beat.seed)
        return Camera(x=camera.x + travelled + jolt, y=camera.y + jolt / 2, zoom=camera.zoom)

    def _draw_cast(self, frame: Frames, camera: Camera, time_s: float) -> None:
        cast = [self._seen(actor, camera, time_s) for actor in self._staging.actors]
        self._effects.behind(frame, cast, time_s)
        for seen in cast:
            draw_shadow(frame, seen.actor, seen.pose, seen.feet, seen.height, self._light)
        for seen in cast:
            puppet = self._puppets.get(seen.actor.member.character.character_id)
            draw_actor(frame, seen.actor, seen.pose, seen.feet, seen.height, self._light, time_s, puppet)
        self._effects.before(frame, cast, time_s)

    def _seen(self, actor: Actor, camera: Camera, time_s: float) -> Seen:
        pose = pose_at(actor.act, time_s, self._duration_s, enters=actor.enters, delay_s=actor.delay_s)
        pose = restrained(pose, actor.height, self._beat.shot_size)
        feet, height = self._stand(actor, camera, time_s)
        return Seen(actor=actor, pose=pose, feet=feet, height=height)

    def _stand(self, actor: Actor, camera: Camera, time_s: float) -> tuple[Point, float]:
        """Where an actor's feet are in the frame, and how many pixels it is tall."""
        framing = self._staging.framing
        smaller = 1 - 0.12 * actor.back
        travelled = self._staging.scroll * time_s
        x = self._size.width / 2 + (actor.x + travelled - framing.x) * self._ppu
        y = (framing.floor - _BACK_ROW * actor.back) * self._size.height
        return self._lens.point(camera, x, y), actor.height * smaller * self._ppu * camera.zoom

    def _tilt(self, frame: Frames) -> None:
        tilt = self._staging.framing.tilt
        if tilt == 0.0:
            return
        size = (self._size.width, self._size.height)
        middle = ((size[0] - 1) / 2, (size[1] - 1) / 2)
        turn = cv2.getRotationMatrix2D(middle, -tilt, enlarged(tilt, size[0] / size[1]))
        frame[:] = cv2.warpAffine(frame, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def _lay(self, frame: Frames, layer: Layer, camera: Camera, time_s: float) -> None:
        margin = (layer.margin_left, layer.margin_top)
        if layer.lies:
            matrix = self._lens.ground(camera, margin, self._staging.framing.floor * self._size.height)
        else:
            matrix = self._lens.sheet(camera, layer.depth, margin, layer.drift * time_s * self._size.height)
        size = (self._size.width, self._size.height)
        seen = cv2.warpAffine(layer.image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        lay_over(frame, np.asarray(seen, np.uint8))

    def _focused(self, layer: Layer) -> Layer:
        radius = self._staging.framing.blur * self._size.height
        return blurred(layer, radius * (1.3 - layer.depth * 0.6)) if radius > 0.4 else layer

    def _view(self) -> View:
        framing = self._staging.framing
        cameras = [self._camera(i, i / self._size.fps) for i in range(0, self._job.num_frames, 4)]
        cameras.append(self._camera(self._job.num_frames - 1, self._duration_s))
        return View(
            width=self._size.width,
            height=self._size.height,
            horizon=framing.horizon,
            zoom=framing.zoom,
            left=max(0.0, -min(c.x for c in cameras)),
            right=max(0.0, *(c.x for c in cameras)),
            rise=max(abs(c.y) for c in cameras),
        )


def _vignette(width: int, height: int) -> Frames:
    """Darker corners lead the eye to the middle."""
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    far = np.clip(x[None, :] ** 2 + y[:, None] ** 2 - 0.75, 0, None)
    dark = np.clip(255 * (1 - 0.2 * far), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(dark, cv2.COLOR_GRAY2RGB), np.uint8)
