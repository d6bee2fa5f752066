#include "device/folder.hpp"

#include "crypto/temporary_name.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace latchkey::device {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a temporary file is known by its name", "[folder]") {
  CHECK(crypto::is_temporary_name(".key.0123456789abcdef"));
  CHECK(crypto::is_temporary_name(".a.b.pem.0123456789abcdef"));
  for (const auto* const name : {"", ".", "..", ".key", "key.0123456789abcdef", ".0123456789abcdef",
                                 "..0123456789abcdef", ".key.0123456789abcde", ".key.0123456789ABCDEF",
                                 ".key.0123456789abcdef0", ".key-0123456789abcdef", ".key.0123456789abcdeg"})
    CHECK_FALSE(crypto::is_temporary_name(name));
}

TEST_CASE("a folder loses what an interrupted write left, and nothing of others", "[folder]") {
  const test::Folder place;
  const auto write = [&](const char* name) {
    fs::create_directories((place.path() / name).parent_path());
    std::ofstream(place.path() / name) << "x";
  };
  const auto leftovers = {".key.0123456789abcdef", "credential-1/.key.pem.0123456789abcdef"};
  const auto others = {".profile", ".git/HEAD", ".git/.lock", "key", "notes.0123456789abcdef"};
  for (const auto* const name : leftovers)
    write(name);
  for (const auto* const name : others)
    write(name);
  REQUIRE(Folder::open(place.path()).has_value());
  for (const auto* const name : leftovers)
    CHECK_FALSE(fs::exists(place.path() / name));
  for (const auto* const name : others)
    CHECK(fs::exists(place.path() / name));
}

}  // namespace
}  // namespace latchkey::device
