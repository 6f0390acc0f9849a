# make demo   installs what is needed, builds, and shows a failover on real kernels
# make check  installs what is needed, builds, and runs every test
# make deb    a Debian package, into build/deb
# make build  installs what is needed and builds
# make drill  every failure of the checklist on real kernels, and a report: JSON=FILE HTML=FILE
# make sim    the simulator, SEEDS=100000 FIRST=1
# make swarm  a long run of it, SEEDS=2000000 FIRST=1, built for speed
# make fuzz   every fuzzer of test/fuzz for T=60 seconds; installs clang
# The rest of the build is Meson's: see meson.build.

BUILD ?= build
STAGE = $(CURDIR)/$(BUILD)/stage
LAB_INSTALL = $(STAGE)/usr/local

.PHONY: all build deps stage lab demo drill deb check bench sim swarm fuzz clean format

all: build

deps:
	@tools/install-packages

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(MESON_OPTIONS) >/dev/null

build: deps
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

stage: build
	@DESTDIR=$(STAGE) meson install -C $(BUILD) --quiet --no-rebuild

lab: stage
	@lab/prepare

demo: lab
	@HOLDFAST_BUILD=$(CURDIR)/$(BUILD) HOLDFAST_INSTALL=$(LAB_INSTALL) demo/run

drill: lab
	@HOLDFAST_BUILD=$(CURDIR)/$(BUILD) HOLDFAST_INSTALL=$(LAB_INSTALL) drill/run $(if $(JSON),--json $(JSON)) \
		$(if $(HTML),--html $(HTML)) $(ARGS)

check: lab
	@HOLDFAST_BUILD=$(CURDIR)/$(BUILD) HOLDFAST_INSTALL=$(LAB_INSTALL) tools/check $(CHECK)

bench: lab
	@HOLDFAST_BUILD=$(CURDIR)/$(BUILD) HOLDFAST_INSTALL=$(LAB_INSTALL) bench/failover $(ARGS)

sim: build
	@$(BUILD)/sim/sim --seeds $(or $(SEEDS),100000) --first $(or $(FIRST),1) --jobs $$(nproc) --progress -

swarm: deps
	@tools/swarm $(BUILD)-swarm $(or $(SEEDS),2000000) $(or $(FIRST),1)

deb:
	@tools/deb $(BUILD)/deb

fuzz:
	@HOLDFAST_BUILD=$(CURDIR)/$(BUILD) tools/fuzz --seconds $(or $(T),60) $(ARGS)

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)
