#include "crypto/mac.hpp"
#include "crypto/secret.hpp"
#include "support/catch.hpp"
#include "unit/crypto/aead_seal.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

// Memory may be looked at until the moment it is given back, so that moment is where these tests look.
namespace {

const void* watched = nullptr;
std::size_t watched_size = 0;
bool seen = false;
bool was_wiped = false;

void look_at(const void* memory) noexcept {
  if (memory == nullptr || memory != watched) return;
  const auto* octets = static_cast<const unsigned char*>(memory);
  seen = true;
  was_wiped = std::all_of(octets, octets + watched_size, [](unsigned char octet) { return octet == 0; });
  watched = nullptr;
}

void watch(const latchkey::crypto::Secret& secret) {
  seen = was_wiped = false;
  watched_size = secret.size();
  watched = secret.view().data();
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(std::max(size, std::size_t{1}))) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(std::max(size, std::size_t{1}));
}
void operator delete(void* memory) noexcept {
  look_at(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace latchkey::crypto {
namespace {

TEST_CASE("The memory of a secret is zero when it is given back", "[secret]") {
  {
    const Secret secret("a secret that nobody should find");
    watch(secret);
  }
  CHECK(seen);
  CHECK(was_wiped);
}

TEST_CASE("The memory of a secret that another replaces is zero when it is given back", "[secret]") {
  Secret secret("a secret that nobody should find");
  watch(secret);
  secret = Secret("another");
  CHECK(seen);
  CHECK(was_wiped);
}

TEST_CASE("The memory of a secret that was moved goes with the one it was moved to", "[secret]") {
  {
    Secret first("a secret that nobody should find");
    watch(first);
    const Secret second = std::move(first);
    CHECK_FALSE(seen);
  }
  CHECK(seen);
  CHECK(was_wiped);
}

TEST_CASE("What was unsealed is wiped like every secret", "[secret]") {
  const Bytes key(32, 5);
  const Bytes sealed = aead_seal(key, {}, as_bytes("a secret that nobody should find"));
  {
    const Secret opened = aead_open(key, {}, sealed).value();
    watch(opened);
  }
  CHECK(seen);
  CHECK(was_wiped);
}

}  // namespace
}  // namespace latchkey::crypto
