/** The thread on which a stack is trained: started by stack-crew.ts with one request, answers once and ends. */
import { workerData } from 'node:worker_threads';
import { answerTraining } from '../../neural/training-thread.js';
import { trainStack, type StackTraining } from './train-stack.js';

await answerTraining((onProgress) => trainStack(workerData as StackTraining, onProgress));
