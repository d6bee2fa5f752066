#include "registry/session.hpp"

#include "base/percent.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace latchkey::registry {
namespace {

constexpr std::chrono::milliseconds reconnect_pause{500};
// Retention may have removed older requests.
constexpr std::chrono::hours longest_memory{24};
// As long as connecting may take.
constexpr std::chrono::seconds turn_limit{2};
// More than statement_timeout, so that a working server reports the slow statement itself.
constexpr std::chrono::seconds call_margin{1};

// Seconds for each address of the database. A value above `longest_connect` or 0, which means for ever, is
// ignored.
constexpr std::string_view connect_timeout = "connect_timeout";
constexpr std::string_view usual_connect = "3";
constexpr int longest_connect = 10;

// Milliseconds for unacknowledged data. They also limit COMMIT, which statement_timeout does not.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> deadlines = {{
    {"tcp_user_timeout", "5000"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "2"},
}};

void append_quoted(std::string& out, std::string_view text) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

bool is_uri(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

void append_parameter(std::string& url, std::string_view key, std::string_view value) {
  const bool uri = is_uri(url);
  if (!uri)
    url += ' ';
  else
    url += url.find('?') == std::string::npos ? '?' : '&';
  url.append(key).append("=");
  if (uri)
    append_percent_encoded(url, value);
  else
    append_quoted(url, value);
}

/// As in libpq, the last occurrence counts.
bool bounds_connecting(std::string_view url) {
  const auto at = url.rfind(connect_timeout);
  if (at == std::string_view::npos) return false;
  const auto value = url.substr(std::min(url.size(), at + connect_timeout.size() + 1));
  int seconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), seconds);
  return seconds > 0 && seconds <= longest_connect;
}

crypto::Secret password_of(const ConnectOptions& options) {
  if (options.password_file.empty()) return options.password.clone();
  auto line = crypto::read_optional_line_file(options.password_file);
  if (!line) throw std::runtime_error(line.error().what);
  return *std::move(line);
}

/// The options' URL with the password and with libpq's timeouts.
std::string connection_string(const ConnectOptions& options) {
  std::string url = options.url;
  const auto add = [&url](std::string_view key, std::string_view value) {
    if (url.find(std::string(key) + "=") == std::string::npos) append_parameter(url, key, value);
  };
  if (!bounds_connecting(url)) append_parameter(url, connect_timeout, usual_connect);
  for (const auto& [key, value] : deadlines)
    add(key, value);
  add("application_name", options.session);
  // All our texts are UTF-8, so override the database, PGCLIENTENCODING and the URL.
  append_parameter(url, "client_encoding", "UTF8");
  const crypto::Secret password = password_of(options);
  if (password.empty()) return url;
  constexpr std::size_t around = 16;  // the key and quotes; each byte is at most three
  url.reserve(url.size() + around + 3 * password.size());
  append_parameter(url, "password", password.text());
  return url;
}

Error error_of(const std::exception& error, bool committing) {
  const std::string state = sqlstate_of(error);
  const auto is_class = [&](std::string_view prefix) { return state.starts_with(prefix); };
  Failure failure = Failure::unavailable;
  if (state == "40001" || state == "40P01")
    failure = Failure::contention;
  else if (state == "55P03")
    failure = Failure::locked;
  else if (state == "57014")
    failure = Failure::too_slow;
  else if (is_class("21") || is_class("22") || is_class("23"))
    failure = Failure::poison;
  // Without SQLSTATE, or with one of a server that shuts down, the commit may have happened.
  else if (committing && (state.empty() || is_class("57P") || is_class("08")))
    failure = Failure::in_doubt;
  return {failure, error.what()};
}

#if PQXX_VERSION_MAJOR < 7
// The text of libpq, which libpqxx 6 keeps in a private member: an explicit instantiation may name that.
const char* last_words(const pqxx::connection_base& connection);
template <auto words>
struct Opened {
  friend const char* last_words(const pqxx::connection_base& connection) { return (connection.*words)(); }
};
template struct Opened<&pqxx::connection_base::err_msg>;
#endif

}  // namespace

std::unique_ptr<pqxx::connection> open_connection(const ConnectOptions& options) {
  if (options.precedence && !options.first && !options.precedence->await(turn_limit))
    throw std::runtime_error("the workers' connections come first, and they have not got them");
  struct Wiped {
    std::string text;
    ~Wiped() { crypto::wipe(text); }
  };
  const Wiped string{connection_string(options)};
  auto connection = std::make_unique<pqxx::connection>(string.text);
#if PQXX_VERSION_MAJOR < 7
  // libpqxx 6 would reconnect by itself in the middle of a call, past its deadline.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
  return connection;
}

std::string no_answer(std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit);
  return "the database gave no answer within " + std::to_string(seconds.count()) + " s";
}

std::string sqlstate_of(const std::exception& error) {
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::serialization_failure*>(&error) != nullptr) return "40001";
  if (dynamic_cast<const pqxx::deadlock_detected*>(&error) != nullptr) return "40P01";
  const auto* const sql = dynamic_cast<const pqxx::sql_error*>(&error);
  return sql == nullptr ? std::string() : sql->sqlstate();
}

std::string in_the_servers_words(const pqxx::connection& connection, std::string what) {
#if PQXX_VERSION_MAJOR < 7
  if (!what.starts_with("Could not obtain client encoding")) return what;
  std::string words = last_words(connection);
  while (words.ends_with('\n'))
    words.pop_back();
  if (!words.empty()) return words;
#else
  static_cast<void>(connection);
#endif
  return what;
}

Error classify_current_exception(bool committing) {
  try {
    throw;
  } catch (const std::exception& error) {
    return error_of(error, committing);
  }
}

Session::Session(ConnectOptions options, std::chrono::seconds patience)
    : options_(std::move(options)), patience_(patience), deadline_(std::make_unique<Deadline>()) {
  lacks_connection(true);
}

void Session::lacks_connection(bool lacks) {
  if (!options_.first || lacks == lacks_connection_) return;
  lacks_connection_ = lacks;
  lacks ? options_.precedence->add_missing() : options_.precedence->remove_missing();
}

Error Session::recorded(Error error) {
  standing_.complaint = error.what;
  return error;
}

Result<void> Session::connect() {
  if (options_.yields()) connection_.reset();
  if (connection_ != nullptr) return {};
  if (deadline_->has_expired())
    return std::unexpected(Error{Failure::unavailable, "the connection is given up"});
  if (std::chrono::steady_clock::now() < next_attempt_)
    return std::unexpected(Error{Failure::unavailable, "the database was unreachable a moment ago"});
  try {
    connection_ = open_connection(options_);
    prepared_.clear();
    has_short_limits_ = false;
    set_limits();
    check_history();
    lacks_connection(false);
    return {};
  } catch (...) {
    connection_.reset();
    lacks_connection(true);
    // Counted from the end of the attempt, which may have taken seconds.
    next_attempt_ = std::chrono::steady_clock::now() + reconnect_pause;
    return std::unexpected(recorded({Failure::unavailable, classify_current_exception(false).what}));
  }
}

void Session::set_limits() {
  const Deadline::Watch watch(*deadline_, connection_->sock(), call_limit());
  pqxx::nontransaction setup(*connection_);
  // jit: PostgreSQL would compile an expensive-looking plan at each call, which takes a hundred times as long
  // as the call.
  setup.exec("SET jit = off; SET idle_session_timeout = 0; SET statement_timeout = '" +
             std::to_string(patience_.count()) +
             "s'; SET lock_timeout = '200ms'; SET idle_in_transaction_session_timeout = "
             "'5s'; "
             "SET synchronous_commit = on; SET bytea_output = 'hex'");
  setup.commit();
}

void Session::remember(std::string tracking_id) {
  remembered_ = std::move(tracking_id);
  remembered_at_ = std::chrono::steady_clock::now();
}

/// A standby that was promoted may lack the last commits. A backup does, and may have another schema.
void Session::check_history() {
  if (remembered_.empty() || std::chrono::steady_clock::now() - remembered_at_ > longest_memory) return;
  const Deadline::Watch watch(*deadline_, connection_->sock(), call_limit());
  try {
    pqxx::nontransaction check(*connection_);
    const auto rows = check.exec("SELECT registry.has_attempt(" + check.quote(remembered_) + ")");
    if (!is_true(rows[0][0])) lost_ = std::exchange(remembered_, {});
  } catch (const pqxx::sql_error& error) {
    // Until a commit succeeds. If the schema is older, `check` says so.
    standing_.complaint = error.what();
  }
}

void Session::shorten_limits() {
  short_limits_until_ = std::chrono::steady_clock::now() + std::chrono::minutes(1);
}

void Session::set_time() {
  const bool shorten = std::chrono::steady_clock::now() < short_limits_until_;
  if (shorten == has_short_limits_) return;
  const std::chrono::milliseconds whole = patience_;
  const auto time = shorten ? whole / 10 : whole;
  pqxx::nontransaction(*connection_).exec("SET statement_timeout = " + std::to_string(time.count()));
  has_short_limits_ = shorten;
}

// Prepare at the first use: libpqxx 7 prepares on the server at once, and `check` must work without a schema.
void Session::prepare(const std::string& function) {
  if (prepared_.contains(function)) return;
  connection_->prepare(function, "SELECT * FROM registry." + function + "($1::jsonb)");
  prepared_.insert(function);
}

std::chrono::milliseconds Session::call_limit() const {
  return patience_ + call_margin;
}

template <class Run>
Result<pqxx::result> Session::attempt(bool committing, const Run& body) {
  const Deadline::Watch watch(*deadline_, connection_->sock(), call_limit());
  try {
    set_time();
    pqxx::nontransaction transaction(*connection_);
    auto rows = body(transaction);
    transaction.commit();
    return rows;
  } catch (...) {
    Error error = classify_current_exception(committing);
    error.what =
        watch.passed() ? no_answer(call_limit()) : in_the_servers_words(*connection_, std::move(error.what));
    return std::unexpected(std::move(error));
  }
}

template <class Run>
Result<pqxx::result> Session::run(bool committing, const Run& body) {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  auto rows = attempt(committing, body);
  if (rows) {
    if (committing) standing_ = {std::chrono::steady_clock::now(), {}};
    return rows;
  }
  // After a refused row or a lost race the connection is still good. After these two errors it is closed.
  if (rows.error().failure == Failure::unavailable || rows.error().failure == Failure::in_doubt) {
    connection_.reset();
    return std::unexpected(recorded(std::move(rows.error())));
  }
  return rows;
}

Result<pqxx::result> Session::call(const char* function, const std::string& json, bool committing) {
  return run(committing, [&](pqxx::nontransaction& transaction) {
    prepare(function);
#if PQXX_VERSION_MAJOR >= 7
    return transaction.exec(pqxx::prepped{function}, pqxx::params{json});
#else
    return transaction.exec_prepared(function, json);
#endif
  });
}

Result<pqxx::result> Session::query(const char* sql, bool committing) {
  return run(committing, [&](pqxx::nontransaction& transaction) { return transaction.exec(sql); });
}

crypto::Bytes bytes_of(const pqxx::field& field) {
  std::string_view text(field.c_str(), field.size());
  if (!text.starts_with("\\x")) return {};
  text.remove_prefix(2);
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  crypto::Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(digit(text[2 * i]) << 4U | digit(text[2 * i + 1]));
  return bytes;
}

std::string hex_of(crypto::ByteView bytes) {
  return "\\x" + crypto::to_hex(bytes);
}

}  // namespace latchkey::registry
