# The emulator in a container: docker build -t motar-mockserver . && docker run --rm -p 8600:8600 motar-mockserver
#
# Inside a container it cannot bind to loopback only, so the control API asks for a token: give one in
# MOTAR_MOCK_CONTROL_TOKEN, or take the one that it prints at start.

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY mockserver mockserver
COPY fixtures fixtures
COPY scenarios scenarios
COPY docs docs
RUN python -m venv /opt/mockserver \
 && /opt/mockserver/bin/python -m pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="motar-mockserver" \
      org.opencontainers.image.description="A local emulator of MOTAR for people who write ATO plugins" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin mockserver
COPY --from=build /opt/mockserver /opt/mockserver
ENV PATH="/opt/mockserver/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MOTAR_MOCK_HOST=0.0.0.0 \
    MOTAR_MOCK_DATA=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8600 8643
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
    CMD ["mockserver", "wait", "--url", "http://127.0.0.1:8600", "--timeout", "2"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["mockserver"]
CMD ["serve"]
