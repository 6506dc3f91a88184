# SPDX-License-Identifier: GPL-2.0-or-later
#
# The top of the tree: `make help` lists what there is. Kbuild (the module's sources), userspace/Makefile and
# selftests/Makefile hold the rest.

MAKEFLAGS += --no-print-directory

# The kernel `make module` and `make install` are for: its release, and its build directory.
KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
# The kernel of `make shell`, `make demo` and `make bench`.
KERNEL	?= 6.12
# Debian's kernels that every change is tested on, and those built from source.
STOCK	:= 6.1 6.12
KERNELS	:= $(STOCK) debug uml
# `make bench` without KERNEL measures on all that it knows, in a hurry on one.
BENCHED	:= $(if $(filter-out file,$(origin KERNEL)),$(KERNEL),$(if $(filter-out 0,$(BENCH_QUICK)),6.1,$(STOCK) uml))

PREFIX	?= /usr/local
DESTDIR	?=
J	?= $(shell nproc)

.DEFAULT_GOAL := all

all: module user	## build the module and the programs

help:			## this list
	@grep -hE '^[a-z][a-z.%-]*:.*##' $(firstword $(MAKEFILE_LIST)) | \
		sed -E 's/:[^#]*## */\t/' | expand -t 18 | sed 's/^/  /'
	@echo
	@echo "  Variables: KVER, KDIR (module, install), KERNEL=6.1|6.12|debug|uml (shell, demo; bench: not debug),"
	@echo "  DEBUG=1 (a module that tests itself when loaded), DESTDIR, PREFIX, IPSVC_CACHE (kernels)"

# ---- building -------------------------------------------------------------------------------------------------------

# A machine that runs none of its own kernels' headers (a container, say) builds for the test kernels instead.
module:			## ipsvc.ko for KVER (default: the running kernel), into build/kmod-KVER
ifneq ($(wildcard $(KDIR)/Makefile),)
	@scripts/build-module.sh $(abspath $(KDIR))
	@echo "built build/kmod-$$($(MAKE) -s -C $(KDIR) kernelrelease)/ipsvc.ko"
else
	@echo "no headers of $(KVER) in $(KDIR): building for the test kernels $(STOCK)"
	@$(MAKE) modules-test
endif

modules-test: $(addprefix module-,$(STOCK))	## ipsvc.ko for both of Debian's kernels

$(addprefix module-,$(KERNELS)): module-%:
	@DEBUG=$(DEBUG) scripts/build-module.sh $*

# Several machines may be started at once, and each looks first whether this is built.
user:			## ipsvc and ipsvcd, into build/user
	@mkdir -p build
	@flock build/user.lock $(MAKE) -j$(J) -C userspace

deps:			## install the Debian packages that building and testing need
	@scripts/deps.sh

debug-kernel: deps	## build the 6.12 kernel with KASAN, lockdep, kmemleak, fault injection (15 min)
	@scripts/build-kernel.sh build debug

uml-kernel: deps	## build the 6.12 kernel that runs as a process: native speed (8 min)
	@scripts/build-kernel.sh build uml

# ---- testing --------------------------------------------------------------------------------------------------------

check: deps		## all tests, on both of Debian's kernels (20 min)
	@selftests/run.sh $(STOCK)

check-debug: debug-kernel	## the same in the debug kernel (40 min)
	@selftests/run.sh debug

check-uml: uml-kernel	## the same in User-mode Linux
	@selftests/run.sh uml

# Kubernetes' own code is built, with Go, to be asked about what nobody has seen before.
ORACLES		:= build/oracle
ANSWERS		:= build/user/tests/oracle
check-oracle: SEED ?= $(shell date +%s)
check-oracle: user	## objects of a new seed: ipsvc and Kubernetes say the same (needs Go; first build 10 min)
	@cd selftests/oracle && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $(CURDIR)/$(ORACLES)/ ./...
	@$(MAKE) -C userspace oracles
	@echo "# SEED=$(SEED)"
	@selftests/oracle/compare.py fresh services $(ANSWERS)_answers $(ORACLES) $(SEED) 4000 1000
	@CIDR=10.96.0.0/16,fd00:10:96::/112 \
		selftests/oracle/compare.py fresh services $(ANSWERS)_answers $(ORACLES) $(SEED) 2000 1000
	@selftests/oracle/compare.py fresh objects $(ANSWERS)_answers $(ORACLES) $(SEED) 4000 1000
	@selftests/oracle/compare.py fresh worlds $(ANSWERS)_worlds $(ORACLES) $(SEED) 5000
	@selftests/oracle/compare.py fresh tables $(ANSWERS)_tables $(ORACLES) $(SEED) 3000

check-fuzz:		## what parses input of others, FUZZ_SECONDS=60 each, with libFuzzer (needs clang)
	@scripts/deps.sh clang libclang-rt-14-dev
	@$(MAKE) -j$(J) -C userspace fuzz

style:			## shellcheck, codespell, mandoc, checkpatch; `make check` does it, too
	@scripts/style.sh

sparse: $(addprefix sparse-,$(STOCK))	## sparse on every source of the module, for both kernels

$(addprefix sparse-,$(STOCK)): sparse-%:
	@C=2 scripts/build-module.sh $*

shell: deps		## a prompt in a virtual machine with ipsvc loaded; KERNEL=6.1 for the older
	@selftests/vm/shell --kernel $(KERNEL)

demo: deps		## a cluster of namespaces with services, in a virtual machine, explained as it goes
	@selftests/vm/run --kernel $(KERNEL) -- selftests/demo/demo.sh

bench: deps		## benchmarks against IPVS, nftables and plain forwarding; BENCH_QUICK=1 for a short look
	@selftests/bench/run $(BENCHED)
	@selftests/bench/objects

ifneq ($(filter uml,$(BENCHED)),)
bench: uml-kernel
endif

# ---- installing -----------------------------------------------------------------------------------------------------

install: user		## programs, man pages, unit and documents, and the module by DKMS for KVER
	@$(MAKE) -C userspace install DESTDIR=$(abspath $(DESTDIR)) PREFIX=$(PREFIX)
	@DESTDIR=$(abspath $(DESTDIR)) PREFIX=$(PREFIX) KVER=$(KVER) scripts/install.sh install

uninstall:		## take all of that away again; manifests and store stay
	@DESTDIR=$(abspath $(DESTDIR)) scripts/install.sh stop
	@$(MAKE) -C userspace uninstall DESTDIR=$(abspath $(DESTDIR)) PREFIX=$(PREFIX)
	@DESTDIR=$(abspath $(DESTDIR)) PREFIX=$(PREFIX) scripts/install.sh uninstall

clean:			## remove build/; the kernels' cache stays (scripts/kernels.sh cache)
	@rm -rf build

.PHONY: all help module modules-test user deps debug-kernel uml-kernel check check-debug check-uml check-oracle check-fuzz style sparse \
	shell demo bench install uninstall clean \
	$(addprefix module-,$(KERNELS)) $(addprefix sparse-,$(STOCK))
