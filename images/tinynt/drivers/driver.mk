# How a WDM driver is built here: clang makes the objects, lld-link the PE file and its PDB, against
# the DDK headers and import libraries of mingw-w64. Included by drivers/Makefile and by
# test-drivers/Makefile; both run from the repository's root, so that every path in a PDB is
# relative to it and the same on every machine.
OUT    ?= target/guest
override OUT := $(patsubst $(REPO)/%,%,$(abspath $(OUT)))
COMMON := images/tinynt/drivers
SHIM   := test-drivers/include/ntshim.h

# The newest clang from 16 up that is installed.
LLVM   := $(firstword $(foreach v,22 21 20 19 18 17 16,$(if $(shell command -v clang-$(v)),-$(v))))
CLANG  := clang$(LLVM)
LLD    := lld-link$(LLVM)

# Debian's place for the mingw-w64 files, then Fedora's.
MINGW  := $(firstword $(wildcard /usr/x86_64-w64-mingw32 /usr/x86_64-w64-mingw32/sys-root/mingw))
DDKINC := $(MINGW)/include
DDKLIB := $(MINGW)/lib
ifeq ($(wildcard $(DDKINC)/ddk/ntifs.h),)
  $(error mingw-w64's DDK headers are missing: apt-get install mingw-w64-x86-64-dev)
endif

WARN   := -Wall -Wextra -Werror -Wno-microsoft -Wno-unused-parameter -Wno-multichar \
  -Wno-four-char-constants -Wno-\#warnings
# -funwind-tables: without it -ffreestanding drops .pdata, and stacks cannot be walked.
DFLAGS := --target=x86_64-w64-windows-gnu -std=gnu17 -ffreestanding -O2 -g -gcodeview \
  -gno-codeview-command-line -funwind-tables -ffunction-sections -fno-optimize-sibling-calls -fno-strict-aliasing \
  -fno-stack-protector -mno-stack-arg-probe -fms-extensions -fno-ident \
  -ffile-prefix-map=$(REPO)/= -fdebug-compilation-dir=. $(WARN) \
  -D_WIN32_WINNT=0x0601 -DNTDDI_VERSION=0x06010000 \
  -isystem $(DDKINC)/ddk -isystem $(DDKINC) -include $(SHIM)
LIBS   := $(DDKLIB)/libntoskrnl.a $(DDKLIB)/libhal.a

# $(call link,name,sys,pdb): the PDB is named as the driver, whatever the driver is called on disk.
define link
@echo "  LINK  $(2)"
@$(LLD) /nologo /lldmingw /entry:DriverEntry /subsystem:native /driver /dynamicbase /nodefaultlib \
  /opt:ref /opt:noicf /Brepro /debug /pdb:$(3) /pdbaltpath:$(1).pdb /pdbsourcepath:. /out:$(2) \
  $(filter %.o,$^) $(LIBS) $(filter %.lib,$^)
endef
