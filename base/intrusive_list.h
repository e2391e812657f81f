#pragma once

#include "base/check.h"

namespace talkbeat {

/// A place in one IntrusiveList. An object that hangs in several lists inherits one node for each, told apart by Tag.
/// Leaves its list when it is destroyed.
template <class Tag>
class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool linked() const { return next_ != nullptr; }

  void unlink() {
    if (!linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;

  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

/// A doubly linked list of objects that it does not own: insertion and removal in O(1), without memory of its own.
///
///   struct Job : ListNode<struct WaitingTag> {};
///   IntrusiveList<Job, struct WaitingTag> waiting;
///   waiting.push_back(job);
template <class T, class Tag>
class IntrusiveList {
 public:
  IntrusiveList() { head_.prev_ = head_.next_ = &head_; }
  ~IntrusiveList() { clear(); }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  T& front() const {
    CHECK(!empty());
    return static_cast<T&>(*head_.next_);
  }

  T& back() const {
    CHECK(!empty());
    return static_cast<T&>(*head_.prev_);
  }

  /// Moves the object to the end, from wherever it hung before.
  void push_back(T& object) { insert_before(head_, object); }
  /// The same, to the beginning.
  void push_front(T& object) {
    static_cast<Node&>(object).unlink();
    insert_before(*head_.next_, object);
  }

  T& pop_front() {
    T& object = front();
    static_cast<Node&>(object).unlink();
    return object;
  }

  /// Moves all that hangs in `other` to the end of this list.
  void splice_back(IntrusiveList& other) {
    while (!other.empty()) push_back(other.front());
  }

  /// `visit` may not change the list.
  template <class Visit>
  void for_each(Visit visit) {
    for (Node* node = head_.next_; node != &head_; node = node->next_) visit(static_cast<T&>(*node));
  }

  void clear() {
    while (!empty()) head_.next_->unlink();
  }

 private:
  using Node = ListNode<Tag>;

  void insert_before(Node& next, Node& node) {
    node.unlink();
    node.prev_ = next.prev_;
    node.next_ = &next;
    next.prev_->next_ = &node;
    next.prev_ = &node;
  }

  Node head_;
};

}  // namespace talkbeat
