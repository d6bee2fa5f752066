#include "support/catch.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

// A program of its own: it links latchkey_wiping_free, as our programs do. These tests look at memory that
// was given back, which nothing else in this thread takes meanwhile.
namespace {

constexpr std::size_t bytes = 600;
/// The allocator keeps its lists in the first bytes of what was given back.
constexpr std::size_t links = 32;

unsigned char* filled() {
  auto* memory = static_cast<unsigned char*>(std::malloc(bytes));
  std::memset(memory, 'x', bytes);
  return memory;
}

/// The compiler knows that a freed pointer is not to be read: a number it does not follow.
std::uintptr_t address_of(const void* memory) {
  volatile auto address = reinterpret_cast<std::uintptr_t>(memory);
  return address;
}

bool is_wiped(std::uintptr_t address) {
  const std::span octets(reinterpret_cast<const unsigned char*>(address), bytes);
  return std::ranges::all_of(octets.subspan(links), [](unsigned char octet) { return octet == 0; });
}

TEST_CASE("Memory is zero when it is given back", "[wiping]") {
  auto* memory = filled();
  const auto address = address_of(memory);
  std::free(memory);
  CHECK(is_wiped(address));
}

TEST_CASE("Memory that is enlarged keeps its content and leaves zeros", "[wiping]") {
  auto* memory = filled();
  const auto address = address_of(memory);
  auto* larger = static_cast<unsigned char*>(std::realloc(memory, 4 * bytes));
  REQUIRE(address_of(larger) != address);
  const bool wiped = is_wiped(address);
  CHECK(wiped);
  CHECK(std::ranges::count(std::span(larger, bytes), 'x') == bytes);
  std::free(larger);
}

TEST_CASE("Memory that is made much smaller leaves zeros", "[wiping]") {
  auto* memory = filled();
  const auto address = address_of(memory);
  auto* smaller = static_cast<unsigned char*>(std::realloc(memory, 24));
  const bool wiped = is_wiped(address);
  CHECK(wiped);
  CHECK(std::ranges::count(std::span(smaller, 24), 'x') == 24);
  std::free(smaller);
}

TEST_CASE("Realloc without memory allocates, and to no bytes frees", "[wiping]") {
  auto* memory = std::realloc(nullptr, bytes);
  REQUIRE(memory != nullptr);
  CHECK(std::realloc(memory, 0) == nullptr);
}

}  // namespace
