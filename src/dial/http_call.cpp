// What becomes of one request: options for libcurl, what it collects, how it ends. See
// http_client.hpp.
#include "base/text.hpp"
#include "dial/http_client_inside.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <string>
#include <utility>

namespace socketio::dial {
namespace {

// Of an answer, all of its heads (100 Continue has one, too) and its trailer.
constexpr std::size_t head_bytes_max = 64 * 1024;

template <class Call>
std::size_t on_header(char* bytes, std::size_t one, std::size_t count, void* user) {
  return static_cast<Call*>(user)->take_header({bytes, one * count});
}
template <class Call>
std::size_t on_body(char* bytes, std::size_t one, std::size_t count, void* user) {
  return static_cast<Call*>(user)->take_body({bytes, one * count});
}

template <class Call>
int on_sending(void* user, char*, char*, int, int) {
  return static_cast<Call*>(user)->may_send() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool names(const header_fields& all, std::string_view name) {
  return std::ranges::any_of(all, [&](const auto& one) { return same_word(one.first, name); });
}

}  // namespace

http_client::inside::call::call(inside& owner, std::uint64_t of_number, http_call request,
                                done told_then)
    : of(owner), number(of_number), asked(std::move(request)), then(std::move(told_then)) {}

// What is wrong from the beginning is told by the timer, because nothing is told inside start().
void http_client::inside::call::begin() {
  const time_point now = of.on.exact_now();
  auto read = read_url(asked.url, false);
  if (auto* const wrong = std::get_if<failure>(&read)) {
    ended = std::move(*wrong);
  } else {
    to = std::move(std::get<target>(read));
    ended = check_headers(asked.headers);
  }
  if (!ended) handle = of.take_easy(ended);
  if (ended) return of.on.timers().arm(*this, now);
  prepare();
  of.transfers->add(*handle, *this);
  added = true;
  if (asked.timeout > milliseconds::zero())
    of.on.timers().arm(*this, deadline_after(now, asked.timeout));
}

void http_client::inside::call::prepare() {
  CURL* const easy = handle->handle();
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);  // takes back what the request before was
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
  const bool sends = asked.method == "POST" || !asked.body.empty();
  if (sends) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, asked.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked.body.size()));
  } else if (asked.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  }
  if (asked.method != (sends ? "POST" : "GET") && asked.method != "HEAD")
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, asked.method.c_str());
  curl_easy_setopt(easy, CURLOPT_URL, to.url.c_str());
  for (const auto& [name, value] : asked.headers) headers.add(name, value);
  if (sends && !names(asked.headers, "content-type")) headers.add("Content-Type:");
  headers.add("Expect:");  // nobody waits for 100 Continue
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.handle());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_sending<call>);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header<call>);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body<call>);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

// When a kept connection ends without a byte of the answer, libcurl sends the request over a new
// one. But the server may have had it: then it has given away what a GET of polling asked for, or
// would take what a POST brings for the second time.
bool http_client::inside::call::may_send() {
  if (!std::exchange(sent, true)) return true;
  ended = failure{trouble::lost, to.place + ": the connection ended before the answer"};
  return false;
}

// Heads that something follows (100 Continue) begin with a status line as the last one does.
std::size_t http_client::inside::call::take_header(std::string_view line) {
  head_bytes += line.size();
  if (head_bytes > head_bytes_max) {
    ended = failure{trouble::too_big,
                    "head of an answer longer than " + std::to_string(head_bytes_max) + " bytes"};
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    answer.headers = {};
    head_complete = false;
    return line.size();
  }
  if (line == "\r\n" || line == "\n") head_complete = true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  answer.headers.add(std::string(line.substr(0, colon)), std::string(trimmed(value)));
  return line.size();
}

// Decoded by libcurl, in pieces of 16 KiB at most: a bomb does no harm.
std::size_t http_client::inside::call::take_body(std::string_view bytes) {
  if (bytes.size() > asked.response_bytes_max - answer.body.size()) {
    ended = failure{trouble::too_big,
                    "answer of more than " + std::to_string(asked.response_bytes_max) + " bytes"};
    return 0;
  }
  answer.body += bytes;
  return bytes.size();
}

void http_client::inside::call::on_transfer_done(int code) {
  if (code != CURLE_OK) return of.finish(*this, why(code));
  if (!head_complete)  // libcurl takes an end behind the first line for an answer
    return of.finish(*this, failure{trouble::lost, to.place + ": the answer ended in its head"});
  long status = 0;
  curl_easy_getinfo(handle->handle(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<unsigned>(status);
  of.finish(*this, std::move(answer));
}

failure http_client::inside::call::why(int code) const {
  if (ended) return *ended;
  // A line that is too long for libcurl's own buffer.
  if (code == CURLE_OUT_OF_MEMORY && !head_complete && sent)
    return {trouble::too_big, "line in the head of an answer longer than libcurl takes"};
  return why_it_failed(*handle, code, of.options, to,
                       of.transfers ? of.transfers->socket_errno() : 0);
}

void http_client::inside::call::on_expired(time_point) {
  if (ended) return of.finish(*this, *ended);
  of.finish(*this, failure{trouble::timeout, "no answer of " + to.place + " within " +
                                                 std::to_string(asked.timeout.count()) + " ms"});
}

}  // namespace socketio::dial
