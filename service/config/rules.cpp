#include "service/config/rules.hpp"

#include "base/host.hpp"
#include "base/listen_address.hpp"
#include "crypto/certificate.hpp"
#include "mqtt/endpoint.hpp"
#include "protocol/topics.hpp"
#include "service/keys/master_key.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>

namespace latchkey::service::rules {
namespace {

Complaint one_of(const std::string& value, std::initializer_list<std::string_view> allowed) {
  if (std::ranges::find(allowed, value) != allowed.end()) return std::nullopt;
  std::string complaint = "\"" + value + "\" is unknown, allowed is ";
  for (const auto name : allowed)
    complaint.append(name == *allowed.begin() ? "" : ", ").append("\"").append(name).append("\"");
  return complaint;
}

/// Between "://" and the path: "user:password@host:port", or empty.
std::string_view authority_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  // An unescaped password may contain '/' or '?', so the authority extends to the last '@'.
  const auto at = url.rfind('@');
  const auto path = url.find_first_of("/?");
  return url.substr(0, at == std::string_view::npos ? path : at + 1);
}

bool user_has_password(std::string_view authority) {
  const auto at = authority.rfind('@');
  return at != std::string_view::npos && authority.substr(0, at).contains(':');
}

bool sets_password(std::string_view pairs) {
  constexpr std::string_view name = "password";
  for (auto at = pairs.find(name); at != std::string_view::npos; at = pairs.find(name, at + 1)) {
    const auto next = pairs.find_first_not_of(' ', at + name.size());
    if (next != std::string_view::npos && pairs[next] == '=') return true;
  }
  return false;
}

std::expected<std::vector<crypto::Certificate>, std::string> read_certificates(const std::string& path) {
  const auto pem = crypto::read_secret_file(path);
  if (!pem) return std::unexpected(pem.error().what);
  auto found = crypto::Certificate::from_pem(pem->view());
  if (!found)
    return std::unexpected(path + ": " + found.error().what + "; it must contain certificates in PEM");
  return *std::move(found);
}

}  // namespace

bool holds_password(std::string_view database_url) {
  return user_has_password(authority_of(database_url)) || sets_password(database_url);
}

Complaint database_url(const std::string& value) {
  if (holds_password(value))
    return "contains a password: put the password into a file and name the file in database.password_file";
  const bool is_url = value.starts_with("postgresql://") || value.starts_with("postgres://");
  const bool is_pairs = !value.contains("://") && value.contains('=');
  if (is_url || is_pairs) return std::nullopt;
  return "is not the address of a database; allowed are postgresql://user@host:port/database and key=value "
         "pairs";
}

Complaint broker_url(const std::string& value) {
  const auto endpoint = mqtt::Endpoint::parse(value);
  if (endpoint) return std::nullopt;
  return endpoint.error();
}

Complaint no_device_id(const std::string& value) {
  if (!protocol::DeviceId::parse(value)) return std::nullopt;
  return "\"" + value +
         "\" is a valid device id, and a device of that name would get its rights: use a character other "
         "than letters, digits and . _ : -, for example \"@" +
         value + "\"";
}

Complaint mqtt_version(const std::string& value) {
  return one_of(value, {"5", "3.1.1"});
}

Complaint access_mode(const std::string& value) {
  return one_of(value, {"none", "gate", "dynamic-security", "database", "http"});
}

Complaint session_cut(const std::string& value) {
  return one_of(value, {"none", "takeover"});
}

Complaint absolute_path(const std::string& value) {
  if (value.starts_with('/')) return std::nullopt;
  return "\"" + value + "\" is not a full path: it must begin with /";
}

Complaint share_group(const std::string& value) {
  // MQTT 5, 4.8.2: a ShareName holds none of these.
  if (value.find_first_of("/+#") == std::string::npos) return std::nullopt;
  return "\"" + value + "\" contains / + or #, which the name of a shared subscription must not";
}

Complaint topic_root(const std::string& value) {
  if (protocol::Topics::valid_root(value)) return std::nullopt;
  return "\"" + value +
         "\" is no beginning of a topic, allowed are levels such as provisioning/v1: printable ASCII without "
         "spaces, $ + "
         "and #, no / at either end";
}

Complaint host(const std::string& value) {
  if (is_host(value)) return std::nullopt;
  return "\"" + value + "\" is not a host; allowed are DNS names and IP addresses, without a port";
}

Complaint question_address(const std::string& value) {
  const auto address = ListenAddress::parse(value);
  return address ? std::nullopt : Complaint(address.error());
}

Complaint listen_address(const std::string& value) {
  return value == "off" ? std::nullopt : question_address(value);
}

Complaint log_level(const std::string& value) {
  return one_of(value, {"debug", "info", "warning", "error"});
}

Complaint log_format(const std::string& value) {
  return one_of(value, {"json", "text"});
}

Complaint readable(const std::string& path) {
  const auto content = crypto::read_secret_file(path);
  if (!content) return content.error().what;
  if (content->empty()) return path + " is empty";
  return std::nullopt;
}

Complaint one_line(const std::string& path) {
  const auto line = crypto::read_line_file(path);
  return line ? std::nullopt : Complaint(line.error().what);
}

Complaint page_token(const std::string& path) {
  constexpr std::size_t least = 16;
  const auto line = crypto::read_line_file(path);
  if (!line) return line.error().what;
  if (line->view().size() >= least) return std::nullopt;
  return path +
         " contains a token of less than 16 characters, which can be guessed (openssl rand -hex 16 generates "
         "a good one)";
}

Complaint master_key(const std::string& path) {
  const auto key = load_master_key(path);
  return key ? std::nullopt : Complaint(key.error().what);
}

Complaint not_for_everybody(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0 || (about.st_mode & S_IROTH) == 0) return std::nullopt;
  return path +
         " holds a secret and everybody on this machine may read it, allowed is at most mode 0640 (chmod "
         "o-rwx)";
}

Complaint certificates(const std::string& path) {
  const auto found = read_certificates(path);
  return found ? std::nullopt : Complaint(found.error());
}

Complaint client_certificate(const std::string& path) {
  const auto found = read_certificates(path);
  return found ? no_device_id(found->front().common_name()) : Complaint(found.error());
}

}  // namespace latchkey::service::rules
