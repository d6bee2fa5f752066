#include "service/keys/master_key.hpp"

#include "support/catch.hpp"

using namespace latchkey;
using service::MasterKey;

namespace {

MasterKey master_key(std::uint8_t first = 0) {
  crypto::Bytes bytes(32, 0x5a);
  bytes[0] = first;
  return MasterKey(crypto::Secret(crypto::ByteView(bytes)));
}

constexpr std::string_view purpose = "group:meters";
constexpr std::string_view key_text = "0123456789abcdef0123456789abcdef";

crypto::Bytes sealed() {
  return master_key().seal(purpose, crypto::as_bytes(key_text));
}

}  // namespace

TEST_CASE("a sealed key opens for its purpose", "[sealing]") {
  const auto opened = master_key().open(purpose, sealed());
  REQUIRE(opened);
  CHECK(opened->text() == key_text);
}

TEST_CASE("a sealed key has a version, a key id, an IV and a tag, and shows nothing of the key",
          "[sealing]") {
  const auto bytes = sealed();
  CHECK(bytes.size() == 1 + 8 + 12 + key_text.size() + 16);
  CHECK(bytes.front() == 1);
  CHECK(crypto::as_text(bytes).find(key_text) == std::string_view::npos);
}

TEST_CASE("the same key sealed for the same row gives the same text, and anything else another IV",
          "[sealing]") {
  const auto iv = [](const crypto::Bytes& text) {
    return crypto::Bytes(text.begin() + 9, text.begin() + 21);
  };
  CHECK(sealed() == sealed());
  CHECK(iv(master_key().seal("group:meter", crypto::as_bytes("s0123456789abcdef0123456789abcdef"))) !=
        iv(sealed()));
  CHECK(iv(master_key().seal("group:other", crypto::as_bytes(key_text))) != iv(sealed()));
  CHECK(iv(master_key().seal(purpose, crypto::as_bytes("1123456789abcdef0123456789abcdef"))) != iv(sealed()));
  CHECK(iv(master_key(1).seal(purpose, crypto::as_bytes(key_text))) != iv(sealed()));
}

TEST_CASE("a sealed key that was copied to another row does not open", "[sealing]") {
  CHECK_FALSE(master_key().open("group:other", sealed()));
  CHECK_FALSE(master_key().open("device:meters", sealed()));
}

TEST_CASE("a key sealed under another master key is recognised as that", "[sealing]") {
  const auto opened = master_key(1).open(purpose, sealed());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().fault == crypto::Fault::refused);
  CHECK(opened.error().what == "a key was sealed under another master key");
}

TEST_CASE("a sealed key with any bit changed does not open", "[sealing]") {
  const auto good = sealed();
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    auto bad = good;
    bad[i / 8] = static_cast<std::uint8_t>(bad[i / 8] ^ (1U << (i % 8)));
    INFO("bit " << i);
    CHECK_FALSE(master_key().open(purpose, bad));
  }
}

TEST_CASE("a sealed key cut short or made longer does not open", "[sealing]") {
  auto bytes = sealed();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size << " bytes");
    CHECK_FALSE(master_key().open(purpose, crypto::ByteView(bytes).first(size)));
  }
  bytes.push_back(0);
  CHECK_FALSE(master_key().open(purpose, bytes));
}

TEST_CASE("every label gives a key of its own, the same on every replica", "[sealing]") {
  CHECK(master_key().derive("a").text() == master_key().derive("a").text());
  CHECK(master_key().derive("a").text() != master_key().derive("b").text());
  CHECK(master_key().derive("a").text() != master_key(1).derive("a").text());
}

TEST_CASE("the share group is the same on every replica, fits into a topic filter, and needs the key",
          "[sealing]") {
  const auto name = master_key().share_group();
  CHECK(name == master_key().share_group());
  CHECK(name != master_key(1).share_group());
  CHECK(name.find_first_of("/+#") == std::string::npos);
}
