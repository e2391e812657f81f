#include "base/http_client.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/check.h"
#include "base/curl_library.h"

namespace talkbeat {

namespace {

using EasyHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Interest interest_of(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return Interest::kRead;
    case CURL_POLL_OUT:
      return Interest::kWrite;
    case CURL_POLL_INOUT:
      return Interest::kReadWrite;
    default:
      return Interest::kNone;
  }
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  CHECK(curl().easy_setopt(easy, option, value) == CURLE_OK);
}

template <class Value>
void set(CURLM* multi, CURLMoption option, Value value) {
  CHECK(curl().multi_setopt(multi, option, value) == CURLM_OK);
}

// Set even where they are libcurl's own defaults: what is sent carries keys.
void be_careful(CURL* easy, const HttpClient::Options& options) {
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_PROXY, options.proxy.c_str());
  set(easy, CURLOPT_NOPROXY, "");
  set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  if (!options.ca_file.empty()) set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
}

void never_block(CURL* easy) {
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // Else giving up on a name that is still being resolved waits for the resolver's thread.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
}

HeaderList header_list(const HttpPost& post) {
  // Without the first, libcurl waits a second for "100 Continue" before it sends a long body.
  curl_slist* list = curl().slist_append(nullptr, "Expect:");
  for (const auto& [name, value] : post.headers) {
    list = curl().slist_append(list, (name + ": " + value).c_str());
  }
  CHECK(list != nullptr);
  return {list, curl().slist_free_all};
}

// What a request holds until its answer is there.
struct Transfer {
  Transfer(HttpPost what, HttpClient::Callback when_done, size_t longest, Tick until)
      : post(std::move(what)), done(std::move(when_done)), max_answer(longest), deadline(until) {}

  HttpPost post;
  HttpClient::Callback done;
  size_t max_answer;
  Tick deadline;
  EasyHandle easy{curl().easy_init(), curl().easy_cleanup};
  HeaderList headers{header_list(post)};
  std::array<char, CURL_ERROR_SIZE> error{};
  size_t header_bytes = 0;
  std::string body;
  bool too_long = false;

  bool fits(size_t so_far, size_t more) {
    too_long = too_long || so_far + more > max_answer;
    return !too_long;
  }
  static size_t on_body(char* bytes, size_t one, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.fits(transfer.body.size(), one * count)) return 0;
    transfer.body.append(bytes, one * count);
    return one * count;
  }
  static size_t on_header(char* /*bytes*/, size_t one, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.fits(transfer.header_bytes, one * count)) return 0;
    transfer.header_bytes += one * count;
    return one * count;
  }

  std::string why(CURLcode code) const {
    if (too_long) return "the answer is longer than " + std::to_string(max_answer) + " bytes";
    return error[0] != '\0' ? error.data() : curl().easy_strerror(code);
  }
  HttpReply reply(CURLcode code) {
    if (code != CURLE_OK) return {.error = why(code)};
    long status = 0;
    curl_off_t seconds = 0;
    (void)curl().easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    (void)curl().easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &seconds);
    HttpReply reply{.status = static_cast<int>(status), .body = std::move(body)};
    if (seconds > 0) reply.retry_after_ms = std::min<curl_off_t>(seconds, kMaxRetryAfterSeconds) * 1'000;
    return reply;
  }

  static constexpr curl_off_t kMaxRetryAfterSeconds = 365 * 24 * 3'600;
};

void prepare(Transfer& transfer, const HttpClient::Options& options) {
  CURL* easy = transfer.easy.get();
  be_careful(easy, options);
  never_block(easy);
  set(easy, CURLOPT_URL, transfer.post.url.c_str());
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_USERAGENT, "talkbeat/" TALKBEAT_VERSION);
  set(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.post.body.size()));
  set(easy, CURLOPT_POSTFIELDS, transfer.post.body.data());
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
}

}  // namespace

struct HttpClient::Transfers {
  // One of libcurl's sockets.
  struct Socket final : ReadyHandler {
    Socket(Transfers& owner, curl_socket_t socket) : transfers(owner), fd(socket) {}
    void on_ready(bool readable, bool writable) override {
      // What follows may end this object: the socket is libcurl's to close.
      transfers.act(fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
    }
    Transfers& transfers;
    curl_socket_t fd;
    WatchId watch{};
  };

  Transfers(EventLoop& event_loop, const Options& wanted);
  ~Transfers();

  void start(HttpPost post, Callback done);
  void act(curl_socket_t socket, int ready);
  void hand_over_finished();
  void finish(CURL* easy, CURLcode code);
  void give_up_late();
  void arm_deadline();
  void watch(curl_socket_t socket, int what);
  void unwatch(curl_socket_t socket);

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<Transfers*>(self)->watch(socket, what);
    return 0;
  }
  static int on_timer(CURLM*, long delay_ms, void* self) {
    Timer& timer = static_cast<Transfers*>(self)->timer;
    if (delay_ms < 0) {
      timer.cancel();
    } else {
      timer.start_once(delay_ms);
    }
    return 0;
  }

  EventLoop& loop;
  const Options options;
  CURLM* multi;
  std::map<curl_socket_t, Socket> sockets;
  std::map<CURL*, std::unique_ptr<Transfer>> open;
  Timer timer{loop.timers(), [this] { act(CURL_SOCKET_TIMEOUT, 0); }};  // libcurl's own
  // Timeouts are counted on the loop's clock: after a stall, what has arrived meanwhile is read first.
  Timer deadline{loop.timers(), [this] { give_up_late(); }};
};

HttpClient::Transfers::Transfers(EventLoop& event_loop, const Options& wanted)
    : loop(event_loop), options(wanted), multi(nullptr) {
  CHECK(curl().global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);  // counts how often it is called
  multi = curl().multi_init();
  CHECK(multi != nullptr);
  set(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  set(multi, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  set(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  set(multi, CURLMOPT_TIMERDATA, static_cast<void*>(this));
  set(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options.max_connections));
}

HttpClient::Transfers::~Transfers() {
  for (const auto& [easy, transfer] : open) (void)curl().multi_remove_handle(multi, easy);
  open.clear();
  while (!sockets.empty()) unwatch(sockets.begin()->first);
  set(multi, CURLMOPT_SOCKETFUNCTION, static_cast<curl_socket_callback>(nullptr));
  set(multi, CURLMOPT_TIMERFUNCTION, static_cast<curl_multi_timer_callback>(nullptr));
  (void)curl().multi_cleanup(multi);
  curl().global_cleanup();
}

void HttpClient::Transfers::start(HttpPost post, Callback done) {
  const Tick until = loop.now() + post.timeout_ms;
  auto transfer = std::make_unique<Transfer>(std::move(post), std::move(done), options.max_answer, until);
  CURL* easy = transfer->easy.get();
  CHECK(easy != nullptr);
  prepare(*transfer, options);
  open.emplace(easy, std::move(transfer));
  CHECK(curl().multi_add_handle(multi, easy) == CURLM_OK);  // begins with the timer, on a later turn
  arm_deadline();
}

void HttpClient::Transfers::act(curl_socket_t socket, int ready) {
  int running = 0;
  CHECK(curl().multi_socket_action(multi, socket, ready, &running) == CURLM_OK);
  hand_over_finished();
}

void HttpClient::Transfers::hand_over_finished() {
  int left = 0;
  while (const CURLMsg* message = curl().multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void HttpClient::Transfers::finish(CURL* easy, CURLcode code) {
  const auto found = open.find(easy);
  CHECK(found != open.end());
  const std::unique_ptr<Transfer> transfer = std::move(found->second);
  open.erase(found);
  const HttpReply reply = transfer->reply(code);
  (void)curl().multi_remove_handle(multi, easy);
  arm_deadline();
  transfer->done(reply);
}

void HttpClient::Transfers::give_up_late() {
  std::vector<CURL*> late;
  for (const auto& [easy, transfer] : open) {
    if (transfer->deadline <= loop.now()) late.push_back(easy);
  }
  for (CURL* easy : late) finish(easy, CURLE_OPERATION_TIMEDOUT);
  arm_deadline();
}

void HttpClient::Transfers::arm_deadline() {
  if (open.empty()) return deadline.cancel();
  const auto earlier = [](const auto& a, const auto& b) { return a.second->deadline < b.second->deadline; };
  deadline.start_once(std::min_element(open.begin(), open.end(), earlier)->second->deadline - loop.now());
}

void HttpClient::Transfers::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) return unwatch(socket);
  const auto [place, is_new] = sockets.try_emplace(socket, *this, socket);
  Socket& watched = place->second;
  if (is_new) {
    watched.watch = loop.watch(socket, interest_of(what), watched);
  } else {
    loop.change_watch(socket, watched.watch, interest_of(what));
  }
}

void HttpClient::Transfers::unwatch(curl_socket_t socket) {
  const auto found = sockets.find(socket);
  if (found == sockets.end()) return;
  loop.unwatch(socket, found->second.watch);
  sockets.erase(found);
}

HttpClient::HttpClient(EventLoop& loop, const Options& options)
    : transfers_(std::make_unique<Transfers>(loop, options)) {}

HttpClient::~HttpClient() = default;

void HttpClient::post(HttpPost request, Callback done) {
  transfers_->start(std::move(request), std::move(done));
}

size_t HttpClient::under_way() const {
  return transfers_->open.size();
}

Status HttpClient::check_url(const std::string& url) {
  if (Status there = load_curl(); !there.ok()) return there;
  const std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)> parsed(curl().url(), curl().url_cleanup);
  CHECK(parsed != nullptr);
  if (const CURLUcode code = curl().url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0); code != CURLUE_OK) {
    return Error{std::string("not a URL: ") + curl().url_strerror(code)};
  }
  char* scheme = nullptr;
  CHECK(curl().url_get(parsed.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK);
  const std::string found = scheme;
  curl().free(scheme);
  if (found != "http" && found != "https") return Error{"neither http:// nor https://"};
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD}) {
    char* secret = nullptr;
    if (curl().url_get(parsed.get(), part, &secret, 0) != CURLUE_OK) continue;
    curl().free(secret);
    return Error{"must not hold a name or password: settings stand in ps, in the log and in --print-config"};
  }
  return {};
}

}  // namespace talkbeat
