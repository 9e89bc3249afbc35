// Simulated time, with the interface that rp2040js' peripherals expect. Its own forgets alarms: to cancel
// one there drops all that are due before it.

class Alarm {
    constructor(clock, callback) {
        Object.assign(this, { clock, callback, nanos: 0, next: undefined, scheduled: false });
    }
    schedule(delta) {
        this.cancel();
        this.clock.link(this, this.clock.nanos + delta);
    }
    cancel() {
        if (this.scheduled) this.clock.unlink(this);
    }
}

export class Clock {
    constructor(nanos = 0) {
        this.nanos = nanos;
        this.first = undefined; // of the alarms, by time; of equal ones the one scheduled first
    }
    get micros() {
        return this.nanos / 1000;
    }
    get nanosToNextAlarm() {
        return this.first ? this.first.nanos - this.nanos : 0;
    }
    createAlarm(callback) {
        return new Alarm(this, callback);
    }
    link(alarm, nanos) {
        alarm.nanos = nanos;
        alarm.scheduled = true;
        let before;
        let after = this.first;
        while (after && after.nanos <= nanos) {
            before = after;
            after = after.next;
        }
        alarm.next = after;
        if (before) before.next = alarm;
        else this.first = alarm;
    }
    unlink(alarm) {
        alarm.scheduled = false;
        if (this.first === alarm) {
            this.first = alarm.next;
            return;
        }
        let before = this.first;
        while (before.next !== alarm) before = before.next;
        before.next = alarm.next;
    }
    tick(delta) {
        const until = this.nanos + delta;
        while (this.first && this.first.nanos <= until) {
            const alarm = this.first;
            this.first = alarm.next;
            alarm.scheduled = false;
            if (alarm.nanos > this.nanos) this.nanos = alarm.nanos;
            alarm.callback();
        }
        this.nanos = until;
    }
}
