# The images of StoryWorld's pods. Both have the same Python and Ray, as one cluster must: a head that renders nothing takes the small one.
#
#   docker build --target api -t storyworld-api:0.1.0 .     # everything that needs no GPU
#   docker build --target gpu -t storyworld-gpu:0.1.0 .     # with torch and the models' libraries: for ray-cluster.yaml
#   docker run -e RAY_AUTH_TOKEN=... storyworld-api:0.1.0   # a StoryWorld of its own
#
# Secrets come in when a pod is started, never when an image is built: this file has no ARG.

FROM python:3.11-slim-bookworm AS api
# tini is the first process: it reaps what Ray leaves behind, and hands signals on
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini=0.19.* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 storyworld \
    && install -d -o storyworld -g storyworld /data
ENV PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STORYWORLD_HOME=/data \
    PATH=/opt/venv/bin:$PATH
WORKDIR /app
# what is installed changes seldom, and the code daily: so the code comes last
COPY pyproject.toml constraints.txt ./
COPY cluster/image.py cluster/image.py
RUN python -m venv /opt/venv \
    && python cluster/image.py llm anthropic google veo > /tmp/requirements.txt \
    && pip install --no-cache-dir --disable-pip-version-check -c constraints.txt -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt
COPY . .
USER 1000
ENTRYPOINT ["/usr/bin/tini", "--", "python", "-m", "cluster.entrypoint"]

FROM api AS gpu
USER 0
# Triton compiles a few lines of C for each kernel when it is first used
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc=4:12.* libc6-dev=2.36-* \
    && rm -rf /var/lib/apt/lists/*
RUN python cluster/image.py models > /tmp/requirements.txt \
    && pip install --no-cache-dir --disable-pip-version-check -c constraints.txt -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt
# the driver comes with the machine; encoding on the GPU needs its video part
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,video
USER 1000
