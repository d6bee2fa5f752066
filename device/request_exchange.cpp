#include "device/request_exchange.hpp"

#include "base/failpoint.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/encoding.hpp"
#include "device/attributes.hpp"
#include "protocol/code.hpp"
#include "protocol/jwk.hpp"
#include "protocol/request.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::device {
namespace {

constexpr std::size_t request_id_bytes = 16;
// Anybody on the shared bootstrap account can forge an unsigned refusal: wait so long for a signed answer
// before believing it.
constexpr std::chrono::seconds doubt_of_unsigned_refusal{1};

Step step_of(const Judgement& judged) {
  const auto& answer = judged.answer;
  Step step{"answer",
            {{"status", std::string(protocol::name_of(answer.status))},
             {"tracking_id", answer.tracking_id},
             {"signed", judged.is_signed}}};
  if (!answer.code.empty()) step.fields.emplace_back("code", answer.code);
  if (!answer.message.empty()) step.fields.emplace_back("message", answer.message);
  if (answer.retry_after_s) step.fields.emplace_back("retry_after_s", *answer.retry_after_s);
  if (answer.acceptance) {
    step.fields.emplace_back("generation", answer.acceptance->generation);
    step.fields.emplace_back("config_version", answer.acceptance->config_version);
  }
  return step;
}

}  // namespace

RequestExchange::RequestExchange(const Context& context, const OwnProof& proof, Terms terms)
    : context_(context),
      proof_(proof),
      terms_(std::move(terms)),
      attributes_(with_last_error(context.settings.attributes, terms_.last_error)) {}

bool RequestExchange::begin() {
  return take_request(false);
}

bool RequestExchange::take_request(bool anew) {
  auto open = anew ? std::nullopt : context_.store.open_request();
  if (open && is_wanted(*open)) {
    request_ = std::make_unique<const OpenRequest>(*std::move(open));
    return true;
  }
  const auto new_key = [](bool wanted) {
    return wanted ? std::optional(crypto::PrivateKey::generate_p256()) : std::nullopt;
  };
  request_ = std::make_unique<const OpenRequest>(
      crypto::base64url_encode(context_.environment.random_bytes(request_id_bytes)), terms_.renews,
      new_key(wants_certificate()), new_key(wants_encryption_key()));
  return context_.store.keep_request(*request_).has_value();
}

bool RequestExchange::wants_certificate() const {
  return context_.settings.credential == protocol::CredentialType::x509;
}

bool RequestExchange::wants_encryption_key() const {
  return context_.settings.has_encryption_key || terms_.had_encryption_key;
}

// A stored request is reused only if it is for the same credential and proof: the same request_id for another
// credential would be a conflict, and another proof changes the signer of the answer and of the
// configurations.
bool RequestExchange::is_wanted(const OpenRequest& request) const {
  return request.renews == terms_.renews && request.key.has_value() == wants_certificate() &&
         request.encryption_key.has_value() == wants_encryption_key();
}

// Send only now: the subscription is acknowledged, so no answer can be missed.
void RequestExchange::on_ready(mqtt::Link& link) {
  link_ = &link;
  if (Clock::now() >= not_before_) return send();
  next_send_ = not_before_;
}

void RequestExchange::on_lost() {
  link_ = nullptr;
  next_send_.reset();  // without a subscription the answer would be missed
}

RequestExchange::Ended RequestExchange::on_timer() {
  const auto now = Clock::now();
  if (believe_refusal_at_ && now >= *believe_refusal_at_) return std::unexpected(Outcome::refused);
  if (!next_send_ || now < *next_send_) return std::nullopt;
  next_send_.reset();
  if (link_ != nullptr && link_->ready()) send();  // otherwise on_ready sends it
  return std::nullopt;
}

std::optional<RequestExchange::Clock::time_point> RequestExchange::next_timer() const {
  if (!next_send_ || !believe_refusal_at_) return next_send_ ? next_send_ : believe_refusal_at_;
  return std::min(*next_send_, *believe_refusal_at_);
}

RequestExchange::Ended RequestExchange::on_answer(std::string_view payload) {
  const auto anchors = anchors_of(context_.settings, context_.time, learned_anchors());
  const auto judged = judge_answer({context_.settings.id.text(), request_->id, sent_nonce_},
                                   verifier_of(answered_by(proof_), proof_, anchors), payload);
  if (judged.reaction == Reaction::drop) return std::nullopt;
  context_.reporter.step(step_of(judged));
  failpoint("answer_received");
  if (judged.server_time)
    if (auto learned = context_.time.learn(*judged.server_time); !learned) return damaged(learned.error());
  if (judged.answer.status == protocol::Status::rejected) return on_refused(judged);
  if (judged.reaction == Reaction::accept && judged.answer.acceptance)
    return on_accepted(*judged.answer.acceptance);
  if (judged.reaction == Reaction::sign_challenge) send(judged.answer.nonce);
  if (judged.reaction == Reaction::wait) wait(judged.delay);
  return std::nullopt;
}

// A signed answer that is unusable (its secrets cannot be opened, or it is for another request) is a fault of
// the service: repeat the request, and keep all that is stored.
RequestExchange::Ended RequestExchange::on_accepted(const protocol::Acceptance& accepted) {
  auto secrets = secrets_of(accepted);
  if (!secrets) return on_unusable(secrets.error());
  const NewCredential given{
      .accepted = accepted, .password = std::move(secrets->password), .answered_by = answered_by(proof_)};
  if (!fits_request(*request_, given)) return on_unusable("it is not the credential that was asked for");
  auto credential = context_.store.keep_credential(*request_, given);
  if (!credential) return damaged(credential.error());
  if (!keep_config(accepted, *secrets)) return damaged("the configuration cannot be stored");
  return *std::move(credential);
}

RequestExchange::Ended RequestExchange::on_unusable(const std::string& why) {
  context_.reporter.remark("the answer cannot be used: " + why);
  wait(std::nullopt);
  return std::nullopt;
}

std::expected<protocol::Secrets, std::string> RequestExchange::secrets_of(
    const protocol::Acceptance& accepted) const {
  if (accepted.sealed.empty()) return protocol::Secrets();
  // Not by the proof: a renewal proves itself by its certificate, and is sealed as the credential before.
  const auto opened = open_secrets(context_.settings.proof, request_->encryption_key, accepted.sealed);
  if (!opened) return std::unexpected(opened.error());
  return protocol::read_secrets(opened->text());
}

bool RequestExchange::keep_config(const protocol::Acceptance& accepted,
                                  const protocol::Secrets& secrets) const {
  const auto config = config_of(accepted.config_version, accepted.config, secrets);
  return !config || context_.store.keep_config(*config).has_value();
}

// Keep the stored request after an unsigned refusal, and after one with retry_after_s: the next run repeats
// it.
RequestExchange::Ended RequestExchange::on_refused(const Judgement& judged) {
  const std::string what = "refused: " + judged.answer.code + ": " + judged.answer.message;
  if (judged.reaction == Reaction::take_new_request)
    return on_spent_request(judged.answer.code == protocol::rule(protocol::Code::conflict).name, what);
  wait(judged.delay);
  remark_refusal(what, terms_.insists);
  if (terms_.insists) return std::nullopt;
  if (judged.is_signed) return std::unexpected(Outcome::refused);
  if (!believe_refusal_at_) believe_refusal_at_ = Clock::now() + doubt_of_unsigned_refusal;
  return std::nullopt;
}

// A new request_id solves a conflict. If it does not, an operator must act: the device tries again from time
// to time.
RequestExchange::Ended RequestExchange::on_spent_request(bool is_conflict, const std::string& what) {
  const bool is_cured = is_conflict && !std::exchange(had_conflict_, true);
  if (!is_cured) wait(pause_after_rejections(++terms_.rejections));
  const bool goes_on = is_cured || terms_.insists;
  // Before it is said: who reads the message finds the folder in that state.
  if (goes_on && !take_request(true)) return damaged("the request cannot be stored");
  if (!goes_on) {
    if (auto dropped = context_.store.drop_request(); !dropped) return damaged(dropped.error());
  }
  remark_refusal(what, !is_cured && terms_.insists);
  if (!goes_on) return std::unexpected(Outcome::refused);
  backoff_.reset();
  if (is_cured) send();
  return std::nullopt;
}

void RequestExchange::remark_refusal(const std::string& what, bool is_tried_again) const {
  if (!is_tried_again) return context_.reporter.remark(what);
  const auto left = std::chrono::ceil<std::chrono::seconds>(not_before_ - Clock::now());
  context_.reporter.remark(what + "; it tries again in " + std::to_string(left.count()) + " s");
}

void RequestExchange::wait(std::optional<std::chrono::seconds> delay) {
  const auto pause =
      delay ? std::chrono::milliseconds(*delay) : backoff_.next(context_.environment.uniform());
  not_before_ = Clock::now() + pause;
  next_send_ = not_before_;
}

// A nonce is for one message only: a repeat is sent without it, since it may have expired by then.
void RequestExchange::send(std::string_view nonce) {
  if (link_ == nullptr) return;
  sent_nonce_ = !nonce.empty();
  next_send_ = Clock::now() + backoff_.next(context_.environment.uniform());
  failpoint("request_stored");
  if (!link_->publish(message(nonce))) return;
  context_.reporter.step({"request_sent", {{"request_id", request_->id}, {"nonce", sent_nonce_}}});
}

mqtt::Message RequestExchange::message(std::string_view nonce) const {
  const auto& settings = context_.settings;
  protocol::Request request{.request_id = request_->id,
                            .device_id = settings.id,
                            .credential = settings.credential,
                            .csr = {},
                            .issued_at = {},
                            .nonce = {},
                            .encryption_key = {},
                            .attributes = attributes_,
                            .max_message_bytes = settings.max_message_bytes};
  if (request_->key) request.csr = crypto::make_certificate_request(*request_->key, settings.id.text());
  if (request_->encryption_key)
    request.encryption_key = protocol::encryption_key_of(request_->encryption_key->public_key());
  if (nonce.empty()) request.issued_at = context_.environment.clock();
  if (!nonce.empty()) request.nonce = nonce;
  auto proven = prove(proof_, request);
  return {.topic = settings.topics.of(protocol::Channel::request, settings.id),
          .payload = std::move(proven.payload),
          .content_type = std::string(proven.content_type),
          .correlation_data = {}};
}

std::vector<crypto::Bytes> RequestExchange::learned_anchors() const {
  return answered_by(proof_) == AnsweredBy::service ? context_.store.learned_anchors()
                                                    : std::vector<crypto::Bytes>();
}

std::unexpected<Outcome> RequestExchange::damaged(std::string_view why) const {
  context_.reporter.remark(why);
  return std::unexpected(Outcome::damaged);
}

}  // namespace latchkey::device
