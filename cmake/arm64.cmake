# 64-bit Arm on another machine: Debian's cross compiler, the libraries unpacked below the build folder (scripts/arm64.sh),
# and tests run by qemu. The C library is the compiler's own.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(unpacked ${CMAKE_CURRENT_LIST_DIR}/../build/arm64/sysroot)
cmake_path(NORMAL_PATH unpacked)
set(libraries ${unpacked}/usr/lib/aarch64-linux-gnu)
# These come before this machine's headers, which the compiler would find too.
set(CMAKE_C_FLAGS_INIT "-isystem ${unpacked}/usr/include -isystem ${unpacked}/usr/include/aarch64-linux-gnu")
# For Arm, g++ 12 warns falsely of an overflow of a string's internal buffer.
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -Wno-error=array-bounds")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${libraries} -Wl,-rpath-link,${libraries}")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${unpacked})

set(CMAKE_FIND_ROOT_PATH ${unpacked})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${unpacked})
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig:${unpacked}/usr/share/pkgconfig)
