#include "service/broker_http/answers.hpp"

#include "crypto/mac.hpp"

#include <algorithm>
#include <array>

namespace latchkey::service::broker_http {
namespace {

constexpr std::string_view allow = "allow";
constexpr std::string_view deny = "deny";
/// EMQX asks its next source: the client is no device.
constexpr std::string_view ignore = "ignore";

std::optional<std::string_view> member(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  return found == members.end() ? std::nullopt : std::optional(found->second.text());
}

std::string_view text(const Members& members, std::string_view name) {
  return member(members, name).value_or(std::string_view());
}

/// EMQX has several ways to say that a client has none.
std::optional<std::string_view> filled(const Members& members, std::string_view name) {
  const auto found = member(members, name);
  return found && (found->empty() || *found == "undefined") ? std::nullopt : found;
}

/// RabbitMQ: the queues of a client's subscriptions, and the exchange that all topics are in.
bool may_use_resource(const Members& members, const protocol::DeviceId& id) {
  const auto name = text(members, "name");
  const auto permission = text(members, "permission");
  if (text(members, "resource") == "exchange")
    return name == "amq.topic" && (permission == "read" || permission == "write");
  const std::string queue = "mqtt-subscription-" + id.text();
  return text(members, "resource") == "queue" && (name == queue + "qos0" || name == queue + "qos1");
}

HttpResponse said(std::string_view word) {
  return {.body = std::string(word), .headers = {}};
}

}  // namespace

Answers::Answers(const Facts& facts, const protocol::Topics& topics, const Logins& logins, Clock clock,
                 Unfit unfit, Log& log)
    : facts_(facts),
      topics_(topics),
      bootstrap_(logins.bootstrap_username),
      bootstrap_password_(crypto::sha256(logins.bootstrap_password.view())),
      clock_(std::move(clock)),
      unfit_(std::move(unfit)),
      log_(log) {
  const crypto::Secret& token = logins.token;
  if (token.empty()) return;
  token_ = crypto::sha256(token.view());
  constexpr std::string_view scheme = "Bearer ";
  crypto::Secret header(scheme.size() + token.size());
  const auto rest = std::ranges::copy(crypto::as_bytes(scheme), header.writable().begin()).out;
  std::ranges::copy(token.view(), rest);
  bearer_ = crypto::sha256(header.view());
}

/// The path below the token, if one is needed. Compares digests, so that the time tells nothing of the token.
std::optional<std::string_view> Answers::path_in(const HttpRequest& request) const {
  std::string_view path = request.path;
  if (!token_) return path;
  if (crypto::equal_constant_time(crypto::sha256(crypto::as_bytes(request.authorization)), *bearer_))
    return path;
  if (!path.starts_with('/')) return std::nullopt;
  const auto end = path.find('/', 1);
  if (end == std::string_view::npos) return std::nullopt;
  if (!crypto::equal_constant_time(crypto::sha256(crypto::as_bytes(path.substr(1, end - 1))), *token_))
    return std::nullopt;
  return path.substr(end);
}

bool Answers::is_current(const Now& now) const {
  const auto seen = facts_.seen_at();
  return seen && now.steady - *seen <= longest_unseen;
}

HttpResponse Answers::operator()(const HttpRequest& request) const {
  const auto path = path_in(request);
  if (!path)
    return {.status = 401, .body = "this needs the token in broker_access.token_file\n", .headers = {}};
  constexpr std::array paths{"/rabbitmq/user",  "/rabbitmq/vhost",    "/rabbitmq/resource",
                             "/rabbitmq/topic", "/emqx/authenticate", "/emqx/authorize"};
  if (std::ranges::find(paths, *path) == paths.end()) return {.status = 404, .body = {}, .headers = {}};
  if (request.method != "POST") return {.status = 405, .body = {}, .headers = {{"Allow", "POST"}}};
  const bool is_rabbitmq = path->starts_with("/rabbitmq");
  const auto body = crypto::as_text(request.body.view());
  const auto members = is_rabbitmq ? read_form(body) : read_object(body);
  if (!members) return {.status = 400, .body = {}, .headers = {}};
  const Question question{*path, *members, clock_()};
  if (is_rabbitmq) return said(answers_rabbitmq(question) ? allow : deny);
  return {.content_type = "application/json",
          .body = R"({"result":")" + std::string(answer_emqx(question)) + "\"}",
          .headers = {}};
}

/// RabbitMQ: without a password it has verified a certificate, whose name is the user name. It says the
/// client id only when it asks about the virtual host.
bool Answers::lets_in(const Question& question) const {
  const auto username = text(question.members, "username");
  const auto password = member(question.members, "password");
  const auto client_id =
      member(question.members, "client_id").value_or(password ? std::string_view() : username);
  const auto certificate = password ? std::nullopt : std::optional(username);
  return may_connect(facts_.of(client_id), {username, client_id, password, certificate}, question.now.time);
}

bool Answers::is_bootstrap(const Question& question) const {
  return !bootstrap_.empty() && text(question.members, "username") == bootstrap_;
}

bool Answers::is_bootstrap_password(const Question& question) const {
  const auto password = crypto::as_bytes(text(question.members, "password"));
  return crypto::equal_constant_time(crypto::sha256(password), bootstrap_password_);
}

bool Answers::answers_bootstrap_rabbitmq(const Question& question) const {
  const Members& members = question.members;
  const bool is_topic = question.path == "/rabbitmq/topic";
  const auto id = protocol::DeviceId::parse(text(members, is_topic ? "variable_map.client_id" : "client_id"));
  if (!id || text(members, "vhost") != "/") return false;
  const bool comes = question.path == "/rabbitmq/user";
  if (comes && !is_bootstrap_password(question)) return false;
  if (!carries(*id, comes)) return false;
  if (comes) return true;
  if (question.path == "/rabbitmq/vhost") return true;
  if (!is_topic) return may_use_resource(members, *id);
  const auto topic = topic_of(text(members, "routing_key"));
  const auto permission = text(members, "permission");
  if (text(members, "name") != "amq.topic") return false;
  return (permission == "write" && topic == topics_.of(protocol::Channel::request, *id)) ||
         (permission == "read" && topic == topics_.of(protocol::Channel::response, *id));
}

bool Answers::answers_bootstrap_emqx(const Question& question) const {
  const auto id = protocol::DeviceId::parse(text(question.members, "clientid"));
  if (!id) return false;
  if (question.path == "/emqx/authenticate") return is_bootstrap_password(question);
  const auto topic = text(question.members, "topic");
  const auto action = text(question.members, "action");
  return (action == "publish" && topic == topics_.of(protocol::Channel::request, *id)) ||
         (action == "subscribe" && topic == topics_.of(protocol::Channel::response, *id));
}

bool Answers::carries(const protocol::DeviceId& id, bool has_come) const {
  if (is_for_rabbitmq(id)) return true;
  if (has_come && unfit_) unfit_(id);
  log_.warning("RabbitMQ cannot serve devices with . or : in their ids, so these are refused");
  return false;
}

bool Answers::answers_rabbitmq(const Question& question) const {
  if (is_bootstrap(question)) return answers_bootstrap_rabbitmq(question);
  const auto user = user_of(text(question.members, "username"));
  if (!user || !is_current(question.now)) return false;
  // Without a password RabbitMQ has verified its certificate.
  const bool comes = question.path == "/rabbitmq/user" && !member(question.members, "password");
  if (!carries(user->device_id, comes)) return false;
  if (question.path == "/rabbitmq/user") return lets_in(question);
  const Known known = facts_.of(user->device_id.text());
  if (text(question.members, "vhost") != "/" || !is_live(known, *user, question.now.time)) return false;
  const bool is_topic = question.path == "/rabbitmq/topic";
  const std::string_view name_of_id = is_topic ? "variable_map.client_id" : "client_id";
  if (text(question.members, name_of_id) != user->device_id.text()) return false;
  if (question.path == "/rabbitmq/vhost") return true;
  if (!is_topic) return may_use_resource(question.members, user->device_id);
  const auto key = text(question.members, "routing_key");
  const auto permission = text(question.members, "permission");
  if (text(question.members, "name") != "amq.topic" || key.contains('/')) return false;
  if (permission != "read" && permission != "write") return false;
  return may_use(known, *user, permission == "write" ? Action::publish : Action::subscribe, topic_of(key),
                 topics_, question.now.time);
}

std::string_view Answers::answer_emqx(const Question& question) const {
  if (is_bootstrap(question)) return answers_bootstrap_emqx(question) ? allow : deny;
  const auto username = text(question.members, "username");
  const auto client_id = text(question.members, "clientid");
  const auto certificate = filled(question.members, "cert_common_name");
  const auto user = user_of(certificate.value_or(username));
  if (!user) return ignore;
  if (!is_current(question.now)) return deny;
  const Known known = facts_.of(client_id);
  if (question.path == "/emqx/authenticate") {
    const auto name = filled(question.members, "username").value_or(std::string_view());
    const auto password = filled(question.members, "password");
    return may_connect(known, {name, client_id, password, certificate}, question.now.time) ? allow : deny;
  }
  const auto action = text(question.members, "action");
  if (client_id != user->device_id.text() || (action != "publish" && action != "subscribe")) return deny;
  return may_use(known, *user, action == "publish" ? Action::publish : Action::subscribe,
                 text(question.members, "topic"), topics_, question.now.time)
             ? allow
             : deny;
}

}  // namespace latchkey::service::broker_http
