# Control-flow protection: indirect jumps and returns may reach only valid targets. The flag depends on the processor.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)$")
  set(branch_protection -fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(branch_protection -mbranch-protection=standard)
else()
  set(branch_protection "")
endif()

# What C and C++ have in common. _FORTIFY_SOURCE: fortified libc calls.
add_library(latchkey_hardening INTERFACE)
target_compile_options(latchkey_hardening INTERFACE -fno-common -fstack-protector-strong -fstack-clash-protection ${branch_protection})
target_compile_definitions(latchkey_hardening INTERFACE $<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
target_link_options(latchkey_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(LATCHKEY_SANITIZE)
  target_compile_options(latchkey_hardening INTERFACE -fsanitize=${LATCHKEY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(latchkey_hardening INTERFACE -fsanitize=${LATCHKEY_SANITIZE})
  # g++'s shared libubsan ignores log_path beside libasan, so nobody would see its reports.
  if(LATCHKEY_SANITIZE MATCHES undefined)
    target_link_options(latchkey_hardening INTERFACE $<$<CXX_COMPILER_ID:GNU>:-static-libubsan>)
  endif()
endif()

add_library(latchkey_flags INTERFACE)
target_link_libraries(latchkey_flags INTERFACE latchkey_hardening)
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
  # clang fuzzes (tests/fuzz): it knows not all of g++'s warnings, and takes what libstdc++'s stable_sort uses itself for ours.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-unknown-warning-option>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
# Cheap runtime checks: bounds in the standard library.
target_compile_definitions(latchkey_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(LATCHKEY_SANITIZE)
  target_compile_options(latchkey_flags INTERFACE
    -Wno-maybe-uninitialized)  # g++ 12 sees it in every second std::variant once it instruments them
endif()

# latchkey_library(NAME [FOR_PLUGIN] [FOLDER folder] [SOURCES source...] [USES NAME...] [LIBRARIES target...]) adds the library
# latchkey_NAME. Without SOURCES it takes all sources below FOLDER (default: this folder) except main.cpp. USES names the
# libraries of this project that its sources may include, the arrows of docs/architecture.md: `./dev lint` checks every
# include against them, and the test `rooms_link` (tests/CMakeLists.txt) every symbol. LIBRARIES are targets of other
# projects, linked privately. FOR_PLUGIN: it becomes part of a shared library, for which the precompiled headers are not
# compiled.
function(latchkey_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FOR_PLUGIN" "FOLDER" "SOURCES;USES;LIBRARIES")
  if(NOT arg_SOURCES)
    file(GLOB_RECURSE arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/*.cpp)
    list(FILTER arg_SOURCES EXCLUDE REGEX "/(main|wiping_free)\\.cpp$")
  endif()
  list(TRANSFORM arg_USES PREPEND latchkey_)
  add_library(latchkey_${name} STATIC ${arg_SOURCES})
  target_link_libraries(latchkey_${name} PUBLIC latchkey_flags ${arg_USES} PRIVATE ${arg_LIBRARIES})
  if(arg_FOR_PLUGIN)
    set_target_properties(latchkey_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
  else()
    latchkey_precompile_standard(latchkey_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY LATCHKEY_LIBRARIES latchkey_${name})
endfunction()
