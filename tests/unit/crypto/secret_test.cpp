#include "crypto/secret.hpp"

#include "crypto/certificate.hpp"
#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <type_traits>

namespace latchkey::crypto {
namespace {

/// A folder of its own for a test, removed with what is in it.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("latchkey-test-" + to_hex(random_bytes(8)))) {
    std::filesystem::create_directory(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  std::filesystem::path with(std::string_view name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator());
  }

 private:
  std::filesystem::path path_;
};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);

TEST_CASE("A secret is moved, and copied by clone only", "[secret]") {
  Secret first("top");
  const Secret copy = first.clone();
  const Secret second = std::move(first);
  CHECK(second.text() == "top");
  CHECK(copy.text() == "top");
}

TEST_CASE("A secret assigned over another replaces it", "[secret]") {
  Secret secret("old and longer");
  secret = Secret("new");
  CHECK(secret.text() == "new");
}

TEST_CASE("Wiping a buffer of somebody else's leaves zeros", "[secret]") {
  std::string password = "correct horse";
  wipe(password);
  CHECK(std::ranges::all_of(password, [](char character) { return character == '\0'; }));
}

TEST_CASE("A key file of exactly the raw bytes is taken as it is", "[key file]") {
  const Folder folder;
  std::string raw(32, '\x80');
  raw[31] = '\n';  // a raw key may end in what looks like the end of a line
  CHECK(read_key_file(folder.with("raw", raw), 32, 64).value().text() == raw);
}

TEST_CASE("A key file may be one line of base64 or base64url, with or without a line end", "[key file]") {
  const Folder folder;
  const Bytes key(32, 0xfb);
  for (const std::string& line : {base64_encode(key), base64url_encode(key)}) {
    for (const std::string_view end : {"", "\n", "\r\n"}) {
      const Result<Secret> read = read_key_file(folder.with("line", line + std::string(end)), 32, 64);
      REQUIRE(read);
      CHECK(std::ranges::equal(read->view(), key));
    }
  }
}

TEST_CASE("A key whose base64 begins with 0x or 0X is not taken for hexadecimal", "[key file]") {
  const Folder folder;
  for (const Bytes& begin : {Bytes{0xd3, 0x1f}, Bytes{0xd1, 0x7f}}) {
    Bytes key(32, 0xfb);
    std::ranges::copy(begin, key.begin());
    const std::string line = base64_encode(key);
    INFO(line);
    const Result<Secret> read = read_key_file(folder.with("line", line + "\n"), 32, 64);
    REQUIRE(read);
    CHECK(std::ranges::equal(read->view(), key));
  }
}

TEST_CASE("Where a key file can be read both ways the line wins", "[key file]") {
  const Folder folder;
  const std::string line = base64_encode(Bytes(33, 1));
  REQUIRE(line.size() == 44);
  CHECK(read_key_file(folder.with("both", line), 32, 64).value().size() == 33);
}

TEST_CASE("A key file of a wrong size is refused with its name and the sizes allowed", "[key file]") {
  const Folder folder;
  const std::filesystem::path path = folder.with("short", std::string(31, '\x01'));
  const Error error = read_key_file(path, 32, 64).error();
  CHECK(error.fault == Fault::malformed);
  CHECK(error.what.find(path.string()) != std::string::npos);
  CHECK(error.what.find("32 to 64 bytes") != std::string::npos);
  CHECK_FALSE(read_key_file(folder.with("long", std::string(65, '\x01')), 32, 64));
  CHECK_FALSE(read_key_file(folder.with("empty", ""), 32, 64));
  CHECK_FALSE(read_key_file(folder.with("line", base64_encode(Bytes(16, 1)) + "\n"), 32, 64));
}

TEST_CASE("A key file that is text and not one line of base64 is refused by what it is", "[key file]") {
  const Folder folder;
  const std::string key = "0123456789abcdef0123456789abcdef";
  const std::string hex = to_hex(as_bytes(key)), line = base64_encode(as_bytes(key));
  const std::array<std::pair<std::string, std::string>, 17> cases{{
      {hex + "\n", "; it is hexadecimal"},
      {"0x" + hex, "; it is hexadecimal, with 0x"},
      {std::string(95, ':').replace(0, 2, "3f").replace(93, 2, "aa"), "; it is hexadecimal"},
      {key, "; it is hexadecimal"},
      {"\xEF\xBB\xBF" + line, "; it begins with a byte order mark"},
      {'"' + line + "\"\n", "; it has quotes"},
      {"'" + line + "'", "; it has quotes"},
      {line + "\n\n", "; it has more than one line, or a blank one"},
      {"\n" + line + "\n", "; it has more than one line, or a blank one"},
      {line.substr(0, 20) + "\r\n" + line.substr(20) + "\n", "; it has more than one line, or a blank one"},
      {" " + line, "; it has white space"},
      {line + "\t\n", "; it has white space"},
      {"-----BEGIN PRIVATE KEY-----\n" + line + "\n-----END PRIVATE KEY-----\n", "; it is PEM"},
      {"GAYTEMZUGU3DOOBZMFRGGZDFMYYDCMRTGQ2TMNZYHFQWEY3EMVTA====", "; it is base32"},
      {"a pass phrase of more than thirty-two letters", "; it has white space"},
      {"not-a-key-at-all-not-a-key-at-all!", "; it is neither base64 nor base64url"},
      {"hunter2", "; it is neither base64 nor base64url"},
  }};
  for (const auto& [content, seen] : cases) {
    INFO(content);
    CHECK(read_key_file(folder.with("key", content), 32, 64).error().what.ends_with(seen));
  }
}

TEST_CASE("A key file in UTF-16 is refused", "[key file]") {
  const Folder folder;
  std::string text("\xFF\xFE", 2);
  for (const char character : base64_encode(Bytes(16, 7)))
    text.append({character, '\0'});
  CHECK(read_key_file(folder.with("key", text), 32, 64).error().what.ends_with("; it is UTF-16"));
}

TEST_CASE("The error about a key file does not tell its content", "[key file]") {
  const Folder folder;
  const Error error = read_key_file(folder.with("short", "hunter2"), 32, 32).error();
  CHECK(error.what.find("hunter2") == std::string::npos);
}

TEST_CASE("A file that is not there, a folder and a file above 64 KiB are refused", "[key file]") {
  const Folder folder;
  CHECK_FALSE(read_secret_file(folder / "nothing"));
  CHECK_FALSE(read_secret_file(folder / "."));
  CHECK(read_secret_file(folder.with("full", std::string(64 * 1024, 'x'))).value().size() == 64 * 1024);
  CHECK(read_secret_file(folder.with("over", std::string(64 * 1024 + 1, 'x'))).error().fault ==
        Fault::malformed);
}

TEST_CASE("A password file is one line without its end", "[key file]") {
  const Folder folder;
  CHECK(read_line_file(folder.with("a", "pass word\n")).value().text() == "pass word");
  CHECK(read_line_file(folder.with("b", "password")).value().text() == "password");
  CHECK_FALSE(read_line_file(folder.with("c", "")));
  CHECK_FALSE(read_line_file(folder.with("d", "\n")));
  CHECK_FALSE(read_line_file(folder.with("e", "one\ntwo\n")));
}

TEST_CASE("A secret file is made with mode 0600 and never overwritten", "[secret file]") {
  const Folder folder;
  const std::filesystem::path path = folder / "key";
  REQUIRE(create_secret_file(path, as_bytes("first")));
  CHECK(mode_of(path) == 0600);
  const Result<void> again = create_secret_file(path, as_bytes("second"));
  REQUIRE_FALSE(again);
  CHECK(again.error().fault == Fault::refused);
  CHECK(read_secret_file(path).value().text() == "first");
  CHECK(folder.files() == 1);
}

TEST_CASE("A secret file is not made through a dangling link", "[secret file]") {
  const Folder folder;
  std::filesystem::create_symlink(folder / "elsewhere", folder / "key");
  CHECK_FALSE(create_secret_file(folder / "key", as_bytes("secret")));
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("A file is replaced whole, with the mode asked for and nothing left beside it", "[secret file]") {
  const Folder folder;
  const std::filesystem::path path = folder.with("crl.pem", "old");
  REQUIRE(replace_file(path, as_bytes("new"), 0644));
  CHECK(mode_of(path) == 0644);
  CHECK(read_secret_file(path).value().text() == "new");
  REQUIRE(replace_file(folder / "other", as_bytes("made"), 0600));
  CHECK(folder.files() == 2);
}

TEST_CASE("A file that cannot be written leaves the old one and nothing else", "[secret file]") {
  const Folder folder;
  CHECK_FALSE(replace_file(folder / "no such folder" / "file", as_bytes("x"), 0600));
  CHECK_FALSE(create_secret_file(folder / "no such folder" / "file", as_bytes("x")));
  CHECK(folder.files() == 0);
}

TEST_CASE("An identity is a certificate and its own key", "[secret file]") {
  const Folder folder;
  const Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Identity mine = make_ca("Mine", {now, now + std::chrono::hours{1}});
  const Identity other = make_ca("Other", {now, now + std::chrono::hours{1}});
  const auto certificate = folder.with("ca.pem", mine.certificate.to_pem());
  const auto key = folder.with("ca.key", mine.key.to_pem().text());
  const auto other_key = folder.with("other.key", other.key.to_pem().text());
  CHECK(load_identity(certificate, key).value().certificate.common_name() == "Mine");
  CHECK(load_identity(certificate, other_key).error().what.find("other.key") != std::string::npos);
  CHECK(load_identity(key, key).error().what.find("ca.key") != std::string::npos);
  CHECK(load_identity(certificate, folder / "none").error().what.find("none") != std::string::npos);
}

TEST_CASE("Identities are all certificates of a file, each with its key", "[secret file]") {
  const Folder folder;
  const Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Identity first = make_ca("First", {now, now + std::chrono::hours{1}});
  const Identity second = make_ca("Second", {now, now + std::chrono::hours{1}});
  const auto certificates = folder.with("cas.pem", first.certificate.to_pem() + second.certificate.to_pem());
  const std::string first_key(first.key.to_pem().text());
  const auto keys = folder.with("cas.key", std::string(second.key.to_pem().text()) + first_key);
  const auto found = load_identities(certificates, keys).value();
  REQUIRE(found.size() == 2);
  CHECK(found[0].certificate.common_name() == "First");
  CHECK(found[0].key.public_key().fingerprint() == first.key.public_key().fingerprint());
  CHECK(found[1].key.public_key().fingerprint() == second.key.public_key().fingerprint());
  const auto one_key = folder.with("one.key", first_key);
  CHECK(load_identities(certificates, one_key).error().what.find("no key of Second") != std::string::npos);
  CHECK(load_identities(certificates, certificates).error().what.find("cas.pem") != std::string::npos);
}

}  // namespace
}  // namespace latchkey::crypto
