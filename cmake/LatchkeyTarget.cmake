# One library a folder: latchkey_library(NAME sources...) makes latchkey_NAME out of the folder's sources.

# Jumps and returns only to where the compiler meant them to go: every processor has a flag of its own for it.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)$")
  set(branch_protection -fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(branch_protection -mbranch-protection=standard)
else()
  set(branch_protection "")
endif()

add_library(latchkey_flags INTERFACE)
target_compile_features(latchkey_flags INTERFACE cxx_std_23)
target_include_directories(latchkey_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(latchkey_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  -Wshadow                # a name that hides another reads as the wrong one
  -Wconversion            # sizes and times come from the network: no silent narrowing
  -Wsign-conversion
  -Wnon-virtual-dtor
  -Woverloaded-virtual
  -Wcast-align
  -Wold-style-cast        # a cast should say which kind it is
  -Wduplicated-cond
  -Wlogical-op
  -Wformat=2
  -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wno-unknown-warning-option>  # clang fuzzes (tests/fuzz) and knows not all of g++'s
  -fno-common
  -fstack-protector-strong
  -fstack-clash-protection
  ${branch_protection})
# Runtime hardening that costs next to nothing: bounds in the standard library, fortified libc calls.
target_compile_definitions(latchkey_flags INTERFACE _GLIBCXX_ASSERTIONS
  $<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
target_link_options(latchkey_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(LATCHKEY_SANITIZE)
  target_compile_options(latchkey_flags INTERFACE -fsanitize=${LATCHKEY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)  # g++ 12 sees it in every second std::variant once it instruments them
  target_link_options(latchkey_flags INTERFACE -fsanitize=${LATCHKEY_SANITIZE})
endif()

function(latchkey_library name)
  add_library(latchkey_${name} STATIC ${ARGN})
  target_link_libraries(latchkey_${name} PUBLIC latchkey_flags)
  latchkey_precompile_standard(latchkey_${name})
endfunction()
